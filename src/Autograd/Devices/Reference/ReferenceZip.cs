namespace ResearchFreeze.Autograd;

/// <summary>An element-wise function of two operands on the reference.</summary>
internal abstract class ReferenceZip
{
    public abstract double Apply(double a, double b);
}

/// <inheritdoc/>
internal sealed class ReferenceZip<TOp>(TOp op) : ReferenceZip
    where TOp : unmanaged, IZipOp<double>
{
    public override double Apply(double a, double b) => op.Apply(a, b);
}
