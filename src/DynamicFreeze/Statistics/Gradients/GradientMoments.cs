using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Exponential moving averages of the gradient and its square over steps, m and s, corrected for their start as Adam's are, for each scalar: Σm² and Σ(s − m²) over the unit's parameters. Their ratio
/// compares what the gradient keeps saying with what it says by chance. Two passes over the weights a step.
/// </summary>
/// <param name="weight">The newest step's share, in (0, 1].</param>
public sealed class GradientMoments(float weight = 0.1f) : UnitStatistic
{
    private const string Mean = "gradient-mean", Square = "gradient-square", Mass = "gradient-mass", One = "gradient-one";

    private readonly float weight = weight is > 0 and <= 1 ? weight : throw new ArgumentOutOfRangeException(nameof(weight), $"gradient-moments: the weight must be in (0, 1], found {weight}.");

    /// <inheritdoc/>
    public override string Key { get; } = FormattableString.Invariant($"gradient-moments-{weight}");

    /// <inheritdoc/>
    public override Reads Reads => Reads.Gradient;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["meanSquares", "squares", "mass"];

    /// <inheritdoc/>
    public override void Accumulate(StepView step)
    {
        ArgumentNullException.ThrowIfNull(step);
        if (!step.HasState(null, One)) step.Device.Fill(step.State(One, [1]).Range, 1);
        step.State(Mass, [1]).Lerp(step.State(One, [1]), weight);
        foreach (Parameter parameter in step.Parameters)
        {
            if (parameter.Grad is not { } gradient) continue;
            step.State(parameter, Mean).Lerp(gradient, weight);
            using Tensor square = gradient.Square();
            step.State(parameter, Square).Lerp(square, weight);
        }
    }

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        ArgumentNullException.ThrowIfNull(step);
        float beta = 0;
        foreach (Parameter parameter in step.Parameters)
        {
            TensorRange mean = step.State(parameter, Mean).Range, square = step.State(parameter, Square).Range;
            step.AddNorm(NormKind.SquaredL2, mean, mean, values.Slice(0, 1), beta);
            step.AddNorm(NormKind.L1, square, square, values.Slice(1, 1), beta);
            beta = 1;
        }
        step.Device.Copy(step.State(Mass, [1]).Range, values.Slice(2, 1));
    }

    /// <summary>Σm² / Σ(s − m²), NaN where nothing varies: 0 for pure noise seen for ever (for one of N averaged steps about 1/N), large where the gradient hardly changes.</summary>
    public double SignalToNoise(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        ReadOnlySpan<double> values = observation.Of(Key);
        double signal = values[0] / (values[2] * values[2]), noise = (values[1] / values[2]) - signal;
        return noise > 0 && double.IsFinite(signal) ? signal / noise : double.NaN;
    }
}
