using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Σw² over the unit's parameters, at the check.</summary>
public sealed class WeightNorm : UnitStatistic
{
    private const string Scratch = "weight-norm-scratch";

    /// <inheritdoc/>
    public override string Key => "weight-norm";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Weight;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["squares"];

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        ArgumentNullException.ThrowIfNull(step);
        TensorRange scratch = step.State(Scratch, [1]).Range;
        float beta = 0;
        foreach (Parameter parameter in step.Parameters)
        {
            step.Device.Norm(NormKind.SquaredL2, parameter.Value.Range, parameter.Value.Range, scratch);
            step.Device.AddScaled(1, scratch, beta, values);
            beta = 1;
        }
    }

    /// <summary>‖w‖₂.</summary>
    public static double Norm(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return Math.Sqrt(observation.Of("weight-norm")[0]);
    }
}
