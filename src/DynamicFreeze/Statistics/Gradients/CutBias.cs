using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// What cutting a unit's branches does to the gradient, by one extra backward pass a unit on the probe batch, with g the gradient of what trains and c the same with the branches cut (DropBP, Woo et al. 2024):
/// <c>norms</c> Σ(‖g‖ − ‖c‖)² over the parameters, the paper's sensitivity; <c>difference</c> Σ‖g − c‖², that of its released code; <c>cosine</c> and <c>ratio</c> ‖c‖/‖g‖ over what lies upstream of the unit, where alone they
/// differ. NaN for a unit that cannot be cut, and the last two where nothing upstream trains.
/// </summary>
public sealed class CutBias : UnitStatistic
{
    /// <inheritdoc/>
    public override string Key => "cut-bias";

    /// <inheritdoc/>
    public override Reads Reads => Reads.CutGradient | Reads.ProbeBatch;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["norms", "difference", "cosine", "ratio"];

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        ArgumentNullException.ThrowIfNull(step);
        // Known on the host: each unit's pass is waited for, on the rare checks that ask.
        step.Device.Upload(step.CutGradient, values);
    }

    /// <summary>Σ(‖g‖ − ‖c‖)².</summary>
    public static double NormsOf(Observation observation) => Of(observation)[0];

    /// <summary>Σ‖g − c‖².</summary>
    public static double DifferenceOf(Observation observation) => Of(observation)[1];

    /// <summary>The cosine of the cut gradient and the true one, upstream.</summary>
    public static double CosineOf(Observation observation) => Of(observation)[2];

    /// <summary>The norm of the cut gradient over the true one's, upstream.</summary>
    public static double RatioOf(Observation observation) => Of(observation)[3];

    private static ReadOnlySpan<double> Of(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return observation.Of("cut-bias");
    }
}
