namespace ResearchFreeze.Autograd;

/// <summary>An element-wise function of one operand on the reference.</summary>
internal abstract class ReferenceMap
{
    public abstract double Apply(double x);

    public abstract double Derivative(double x, double y);
}

/// <inheritdoc/>
internal sealed class ReferenceMap<TOp>(TOp op) : ReferenceMap
    where TOp : unmanaged, IMapOp<double>
{
    public override double Apply(double x) => op.Apply(x);

    public override double Derivative(double x, double y) => op.Derivative(x, y);
}
