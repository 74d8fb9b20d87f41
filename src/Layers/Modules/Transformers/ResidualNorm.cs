using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>A layer with its norm, its dropout and a residual sum: x + dropout(layer(norm x)) before it, norm(x + dropout(layer x)) behind it (Xiong et al. 2020 compare both). Half of a <see cref="TransformerBlock"/>.</summary>
public sealed class ResidualNorm : Module, IResidualBranch
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
    public bool IsCut { get; set; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => Forward(input, null);

    /// <summary>The same of sequences that end early.</summary>
    internal Tensor Forward(Tensor input, IntTensor? lengths)
    {
        ArgumentNullException.ThrowIfNull(input);
        using Tensor output = Branch(input, lengths), sum = input + output;
        return isPreNorm ? sum.Reshape(sum.Shape) : norm.Forward(sum);
    }

    /// <summary>For example <c>ResidualNorm(FeedForward(128, 512, Gelu))</c>.</summary>
    public override string ToString() => $"ResidualNorm({layer})";

    private Tensor Branch(Tensor input, IntTensor? lengths)
    {
        using BranchInput branch = BranchInput.Of(input, IsCut);
        using Tensor? normalised = isPreNorm ? norm.Forward(branch.Tensor) : null;
        return Dropped(Of(normalised ?? branch.Tensor, lengths));
    }

    private Tensor Of(Tensor input, IntTensor? lengths) => layer is MultiHeadAttention attention ? attention.Forward(input, lengths) : layer.Forward(input);

    private Tensor Dropped(Tensor output)
    {
        if (dropout is null) return output;
        using Tensor before = output;
        return dropout.Forward(before);
    }
}
