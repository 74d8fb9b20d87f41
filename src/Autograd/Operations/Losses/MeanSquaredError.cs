namespace ResearchFreeze.Autograd;

public sealed partial class Tensor
{
    /// <summary>The mean of (this − target)², a scalar; both are differentiated where wanted.</summary>
    /// <exception cref="ShapeException">The shapes differ (a loss never broadcasts).</exception>
    public Tensor MeanSquaredError(Tensor target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (Shape != target.Shape) throw new ShapeException($"mean squared error: shapes {Shape} and {target.Shape} differ.");
        using Tensor difference = this - target;
        using Tensor square = difference.Square();
        return square.Mean();
    }
}
