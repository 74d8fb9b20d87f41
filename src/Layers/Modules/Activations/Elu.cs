using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>x where x > 0, else α·(eˣ − 1), element by element.</summary>
public sealed class Elu(double alpha = 1) : Module
{
    private readonly MapFunction function = new(Tensor.EluKernel(alpha));

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => function.Apply([input]);

    /// <summary>For example <c>Elu(1)</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"Elu({alpha})");
}
