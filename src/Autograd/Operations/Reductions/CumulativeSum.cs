namespace ResearchFreeze.Autograd;

public sealed partial class Tensor
{
    /// <summary>y[i] = x[0] + … + x[i] along an axis (negative: from the innermost), in log₂ n passes (Hillis and Steele 1986): each adds what lies 1, 2, 4, … places before.</summary>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public Tensor CumulativeSum(int axis)
    {
        AxisMask("cumulative sum", [axis]);
        int at = axis < 0 ? axis + Shape.Rank : axis, extent = Shape[at];
        Span<int> before = stackalloc int[Shape.Rank], none = stackalloc int[Shape.Rank];
        before.Clear();
        none.Clear();
        Tensor sum = this;
        for (int shift = 1; shift < extent; shift *= 2)
        {
            before[at] = shift;
            sum += sum.Slice(at, 0, extent - shift).Pad(before, none);
        }
        return ReferenceEquals(sum, this) ? Reshape(Shape) : sum;
    }
}
