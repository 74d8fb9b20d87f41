using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// How much of a scalar's movement is progress (APF, Chen et al. 2021): with Δ the change since the last check, E ← α·E + (1 − α)·Δ and A ← α·A + (1 − α)·|Δ|; |E|/A is 1 for a scalar that always moves the
/// same way and near 0 for one that moves to and fro. For the unit: Σ|E|, ΣA (their ratio weighs scalars by how much they move) and the mean of |E|/A, where a scalar that never moved counts 0.
/// |E|/A of noise does not fall below about √((1 − α)/(1 + α)).
/// </summary>
/// <param name="decay">α in [0, 1).</param>
public sealed class EffectivePerturbation(float decay = 0.9f) : UnitStatistic
{
    private const string Net = "perturbation-net", Total = "perturbation-total";

    private readonly float decay = decay is >= 0 and < 1 ? decay : throw new ArgumentOutOfRangeException(nameof(decay), $"effective-perturbation: the decay must be in [0, 1), found {decay}.");

    /// <inheritdoc/>
    public override string Key { get; } = FormattableString.Invariant($"effective-perturbation-{decay}");

    /// <inheritdoc/>
    public override Reads Reads => Reads.WeightDelta;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["net", "total", "meanRatio"];

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        ArgumentNullException.ThrowIfNull(step);
        float beta = 0, elements = step.Unit.Elements;
        foreach (Parameter parameter in step.Parameters)
        {
            Tensor net = step.State(parameter, Net), total = step.State(parameter, Total);
            using Tensor change = step.Change(parameter), absolute = change.Abs();
            net.Lerp(change, 1 - decay);
            total.Lerp(absolute, 1 - decay);
            step.AddNorm(NormKind.L1, net.Range, net.Range, values.Slice(0, 1), beta);
            step.AddNorm(NormKind.L1, total.Range, total.Range, values.Slice(1, 1), beta);
            using Tensor ratios = PerScalar(step, parameter), sum = ratios.Sum();
            step.Device.AddScaled(1 / elements, sum.Range, beta, values.Slice(2, 1));
            beta = 1;
        }
    }

    /// <summary>|E|/A of each scalar, 0 where it never moved.</summary>
    public static Tensor PerScalar(StepView step, Parameter parameter)
    {
        const double Tiny = 1e-30;      // below any movement of a float32 weight that matters, above its smallest number
        ArgumentNullException.ThrowIfNull(step);
        using Tensor net = step.State(parameter, Net).Abs(), total = step.State(parameter, Total) + Tiny;
        return net / total;
    }
}
