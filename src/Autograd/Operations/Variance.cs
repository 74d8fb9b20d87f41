namespace ResearchFreeze.Autograd;

public sealed partial class Tensor
{
    /// <summary>
    /// The mean of (x − mean)² over axes (negative: from the innermost), times n / (n − 1) if unbiased. Composed of mean, subtraction and square, which keeps x − mean for its gradient;
    /// the mean is a constant there, since what it would add is a multiple of Σ (x − mean) = 0.
    /// </summary>
    /// <exception cref="ShapeException">There is no such axis, one is named twice, or there are fewer than two elements to estimate an unbiased variance from.</exception>
    public Tensor Variance(ReadOnlySpan<int> axes, bool unbiased = true, bool keepAxes = false)
    {
        int mask = AxisMask("variance", axes), count = 1;
        for (int axis = 0; axis < Shape.Rank; axis++) count *= (mask >> axis & 1) != 0 ? Shape[axis] : 1;
        if (count < (unbiased ? 2 : 1)) throw new ShapeException($"variance: axes [{string.Join(", ", axes.ToArray())}] of {Shape} have {count} elements, needs at least {(unbiased ? 2 : 1)}.");
        using Tensor mean = ConstantMean(axes);
        using Tensor distance = this - mean;
        using Tensor square = distance.Square();
        Tensor biased = square.Mean(axes, keepAxes);
        if (!unbiased) return biased;
        using (biased) return biased * (count / (count - 1.0));
    }

    private Tensor ConstantMean(ReadOnlySpan<int> axes)
    {
        using GradMode.Restore mode = GradMode.Disable();
        return Mean(axes, keepAxes: true);
    }
}
