using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>x where x > 0, else slope·x, element by element.</summary>
public sealed class LeakyRelu(double slope = 0.01) : Module
{
    private readonly MapFunction function = new(Tensor.LeakyReluKernel(slope));

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => function.Apply([input]);

    /// <summary>For example <c>LeakyRelu(0.01)</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"LeakyRelu({slope})");
}
