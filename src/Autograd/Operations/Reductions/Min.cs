namespace ResearchFreeze.Autograd;

public sealed partial class Tensor
{
    /// <summary>The least of all elements, a scalar.</summary>
    /// <exception cref="ShapeException">There are none.</exception>
    public Tensor Min()
    {
        using Tensor negative = Negate();
        using Tensor most = negative.Max();
        return most.Negate();
    }

    /// <summary>The least element over axes (negative: from the innermost); the gradient goes to the first of equals. A NaN is less than any number.</summary>
    /// <exception cref="ShapeException">There is no such axis, one is named twice, or one has no elements.</exception>
    public Tensor Min(ReadOnlySpan<int> axes, bool keepAxes = false)
    {
        using Tensor negative = Negate();
        using Tensor most = negative.Max(axes, keepAxes);
        return most.Negate();
    }
}
