using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>A layer with its norm, its dropout and a residual sum: x + dropout(layer(norm x)) before it, norm(x + dropout(layer x)) behind it (Xiong et al. 2020 compare both). Half of a <see cref="TransformerBlock"/>.</summary>
public sealed class ResidualNorm : Module
{
    private readonly Module layer, norm;
    private readonly Dropout? dropout;
    private readonly bool isPreNorm;

    internal ResidualNorm(Module layer, Module norm, bool isPreNorm, float dropout)
    {
        this.isPreNorm = isPreNorm;
        this.norm = Register(nameof(norm), norm);
        this.layer = Register(nameof(layer), layer);
        if (dropout != 0) this.dropout = Register(nameof(dropout), new Dropout(dropout));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => Forward(input, null);

    /// <summary>The same of sequences that end early.</summary>
    internal Tensor Forward(Tensor input, IntTensor? lengths)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (isPreNorm)
        {
            using Tensor normalised = norm.Forward(input), added = Dropped(Of(normalised, lengths));
            return input + added;
        }
        using Tensor output = Dropped(Of(input, lengths)), sum = input + output;
        return norm.Forward(sum);
    }

    /// <summary>For example <c>ResidualNorm(FeedForward(128, 512, Gelu))</c>.</summary>
    public override string ToString() => $"ResidualNorm({layer})";

    private Tensor Of(Tensor input, IntTensor? lengths) => layer is MultiHeadAttention attention ? attention.Forward(input, lengths) : layer.Forward(input);

    private Tensor Dropped(Tensor output)
    {
        if (dropout is null) return output;
        using Tensor before = output;
        return dropout.Forward(before);
    }
}
