namespace ResearchFreeze.Autograd;

public sealed partial class Tensor
{
    /// <summary>
    /// The mean of (x − mean)² over axes (negative: from the innermost), times n / (n − 1) if unbiased. Composed of mean, subtraction and square, which keeps x − mean for its gradient.
    /// The mean's own gradient, 0 but for rounding, is computed too: it takes back what a rounded mean added to all of them.
    /// </summary>
    /// <exception cref="ShapeException">There is no such axis, one is named twice, or there are fewer than two elements to estimate an unbiased variance from.</exception>
    public Tensor Variance(ReadOnlySpan<int> axes, bool unbiased = true, bool keepAxes = false)
    {
        int mask = AxisMask("variance", axes), count = 1;
        for (int axis = 0; axis < Shape.Rank; axis++) count *= (mask >> axis & 1) != 0 ? Shape[axis] : 1;
        if (count < (unbiased ? 2 : 1)) throw new ShapeException($"variance: axes [{string.Join(", ", axes.ToArray())}] of {Shape} have {count} elements, needs at least {(unbiased ? 2 : 1)}.");
        using Tensor mean = Mean(axes, keepAxes: true);
        using Tensor distance = this - mean;
        using Tensor square = distance.Square();
        Tensor biased = square.Mean(axes, keepAxes);
        if (!unbiased) return biased;
        using (biased) return biased * (count / (count - 1.0));
    }
}
