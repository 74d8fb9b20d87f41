namespace ResearchFreeze.Autograd;

public sealed partial class Tensor
{
    /// <summary>The mean of (this − target)², a scalar; both are differentiated where wanted.</summary>
    /// <exception cref="ShapeException">The shapes differ (a loss never broadcasts), or there are no elements.</exception>
    public Tensor MeanSquaredError(Tensor target)
    {
        ArgumentNullException.ThrowIfNull(target);
        LossOperands.Require("mean squared error", Shape, target.Shape);
        using Tensor difference = this - target;
        using Tensor square = difference.Square();
        return square.Mean();
    }
}
