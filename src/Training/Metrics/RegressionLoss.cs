namespace ResearchFreeze.Training;

/// <summary>Mean squared error, or Huber's loss (half of the square up to δ, linear beyond), of normalised targets, over samples and targets.</summary>
/// <param name="delta">Huber's δ; null: mean squared error.</param>
public sealed class RegressionLoss(double? delta = null) : TargetMean
{
    /// <inheritdoc/>
    public override string Name => "loss";

    /// <inheritdoc/>
    protected override double Term(double output, double target, double deviation)
    {
        double error = Math.Abs(output - target) / deviation;
        return delta is not { } limit ? error * error : error <= limit ? 0.5 * error * error : limit * (error - (0.5 * limit));
    }
}
