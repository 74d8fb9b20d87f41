using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>Two linear layers with an activation between them, the same for each place: (…, width) → (…, width).</summary>
public sealed class FeedForward : Module
{
    private readonly Module activation;

    /// <summary>From the width to the inner one and back.</summary>
    /// <param name="width">Of a place.</param>
    /// <param name="inner">Of the layer between; customarily four times the width.</param>
    /// <param name="activation">Between them; null: <see cref="Gelu"/>.</param>
    /// <param name="bias">Whether the layers have one.</param>
    public FeedForward(int width, int inner, Module? activation = null, bool bias = true)
    {
        Expand = Register(nameof(Expand), new Linear(width, inner, bias));
        this.activation = Register(nameof(activation), activation ?? new Gelu());
        Contract = Register(nameof(Contract), new Linear(inner, width, bias));
    }

    /// <summary>From the width to the inner one.</summary>
    public Linear Expand { get; }

    /// <summary>And back.</summary>
    public Linear Contract { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using Tensor expanded = Expand.Forward(input), active = activation.Forward(expanded);
        return Contract.Forward(active);
    }

    /// <summary>For example <c>FeedForward(128, 512, Gelu)</c>.</summary>
    public override string ToString() => $"FeedForward({Expand.Weight.Shape[1]}, {Expand.Weight.Shape[0]}, {activation})";
}
