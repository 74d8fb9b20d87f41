namespace ResearchFreeze.Training;

/// <summary>√ mean (prediction − target)² over samples and targets, in the data's unit.</summary>
public sealed class RootMeanSquaredError : TargetMean
{
    /// <inheritdoc/>
    public override string Name => "rmse";

    /// <inheritdoc/>
    protected override double Term(double output, double target, double deviation) => (output - target) * (output - target);

    /// <inheritdoc/>
    protected override double Of(double mean) => Math.Sqrt(mean);
}
