using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>(n, …) → (n, product of the rest), sharing memory.</summary>
public sealed class Flatten : Module
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Shape.Rank < 1) throw new ShapeException("flatten: a scalar has no leading axis.");
        return input.Reshape([input.Shape[0], input.Shape.CountOf(1, input.Shape.Rank)]);
    }

    /// <summary><c>Flatten</c>.</summary>
    public override string ToString() => nameof(Flatten);
}
