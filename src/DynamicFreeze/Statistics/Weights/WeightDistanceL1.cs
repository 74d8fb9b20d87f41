using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// How far the unit's weights moved since the last check, scalar by scalar: Σ|w − w₀| (what GradES's released code adds up, 2025) and the mean of |w − w₀| / |w₀| (SlimFit, Ardakani et al. 2023), where a weight that was
/// zero counts with a tiny divisor.
/// </summary>
public sealed class WeightDistanceL1 : UnitStatistic
{
    private const string Scratch = "weight-scratch";

    /// <inheritdoc/>
    public override string Key => "weight-distance-l1";

    /// <inheritdoc/>
    public override Reads Reads => Reads.WeightDelta;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["absoluteDistance", "meanRelative"];

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        const double Tiny = 1e-12;
        ArgumentNullException.ThrowIfNull(step);
        TensorRange scratch = step.State(Scratch, [1]).Range;
        float beta = 0;
        foreach (Parameter parameter in step.Parameters)
        {
            using Tensor change = step.Change(parameter), size = step.Previous(parameter).Abs(), divisor = size + Tiny, ratio = change / divisor;
            step.Device.Norm(NormKind.L1, change.Range, change.Range, scratch);
            step.Device.AddScaled(1, scratch, beta, values.Slice(0, 1));
            step.Device.Norm(NormKind.L1, ratio.Range, ratio.Range, scratch);
            step.Device.AddScaled(1f / step.Unit.Elements, scratch, beta, values.Slice(1, 1));
            beta = 1;
        }
    }

    /// <summary>‖w − w₀‖₁.</summary>
    public static double Absolute(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return observation.Of("weight-distance-l1")[0];
    }

    /// <summary>The mean of |w − w₀| / |w₀|.</summary>
    public static double Relative(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return observation.Of("weight-distance-l1")[1];
    }
}
