namespace ResearchFreeze.Autograd;

public sealed partial class Tensor
{
    /// <summary>log Σ eˣ over axes (negative: from the innermost), from the largest on so that nothing overflows; −∞ where there is nothing but −∞. dy/dx is the softmax over the axes.</summary>
    /// <exception cref="ShapeException">There is no such axis, one is named twice, or one has no elements.</exception>
    public Tensor LogSumExp(ReadOnlySpan<int> axes, bool keepAxes = false)
    {
        // A constant: what it takes away within it puts back outside, and the gradient through it is 0.
        Tensor most = StopGradient().Max(axes, keepAxes: true);
        most = most.Where(most.Abs() < double.PositiveInfinity, Zeros(Device, Shape.Scalar));
        Tensor sum = (this - most).Exp().Sum(axes, keepAxes).Log();
        return sum + most.Reshape(sum.Shape);
    }
}
