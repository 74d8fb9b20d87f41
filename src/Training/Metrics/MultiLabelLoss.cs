namespace ResearchFreeze.Training;

/// <summary>Mean binary cross entropy over samples and labels, in nats.</summary>
public sealed class MultiLabelLoss : TargetMean
{
    /// <inheritdoc/>
    public override string Name => "loss";

    /// <summary>−log σ(z) for a label that is set, −log σ(−z) for one that is not, without overflow.</summary>
    protected override double Term(double output, double target, double deviation) => Math.Max(output, 0) - (output * target) + Math.Log(1 + Math.Exp(-Math.Abs(output)));
}
