using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>How far the unit's weights moved since the last check: Σ(w − w₀)² and Σw₀² over all its parameters, w₀ being the weights at that check.</summary>
public sealed class WeightDistance : UnitStatistic
{
    /// <inheritdoc/>
    public override string Key => "weight-distance";

    /// <inheritdoc/>
    public override Reads Reads => Reads.WeightDelta;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["squaredDistance", "squaredNorm"];

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        ArgumentNullException.ThrowIfNull(step);
        TensorRange distance = values.Slice(0, 1), norm = values.Slice(1, 1);
        float beta = 0;
        foreach (Parameter parameter in step.Parameters)
        {
            TensorRange now = parameter.Value.Range, before = step.Previous(parameter).Range;
            step.AddNorm(NormKind.SquaredDistance, now, before, distance, beta);
            step.AddNorm(NormKind.SquaredL2, before, before, norm, beta);
            beta = 1;
        }
    }

    /// <summary>‖w − w₀‖₂.</summary>
    public static double Absolute(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return Math.Sqrt(observation.Of("weight-distance")[0]);
    }

    /// <summary>‖w − w₀‖₂ / ‖w₀‖₂; NaN where the weights were zero.</summary>
    public static double Relative(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        double norm = Math.Sqrt(observation.Of("weight-distance")[1]);
        return norm > 0 ? Absolute(observation) / norm : double.NaN;
    }

    /// <summary>‖w − w₀‖ / (‖w₀‖ · ∫rate): the relative change per unit of learning rate, so that a decaying rate does not look like convergence. NaN where a denominator is zero or a number is not finite.</summary>
    public static double PerRate(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        ReadOnlySpan<double> values = observation.Of("weight-distance");
        double denominator = Math.Sqrt(values[1]) * observation.IntegratedRate;
        return denominator > 0 && double.IsFinite(denominator) && double.IsFinite(values[0]) ? Math.Sqrt(values[0]) / denominator : double.NaN;
    }
}
