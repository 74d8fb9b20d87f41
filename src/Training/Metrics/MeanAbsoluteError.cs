namespace ResearchFreeze.Training;

/// <summary>mean |prediction − target| over samples and targets, in the data's unit.</summary>
public sealed class MeanAbsoluteError : TargetMean
{
    /// <inheritdoc/>
    public override string Name => "mae";

    /// <inheritdoc/>
    protected override double Term(double output, double target, double deviation) => Math.Abs(output - target);
}
