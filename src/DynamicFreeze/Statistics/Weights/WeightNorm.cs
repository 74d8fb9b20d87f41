using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Σw² over the unit's parameters, at the check.</summary>
public sealed class WeightNorm : UnitStatistic
{
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
        float beta = 0;
        foreach (Parameter parameter in step.Parameters)
        {
            step.AddNorm(NormKind.SquaredL2, parameter.Value.Range, parameter.Value.Range, values, beta);
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
