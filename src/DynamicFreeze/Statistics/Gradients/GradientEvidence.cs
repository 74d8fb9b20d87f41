using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Σ over the steps of an interval and the scalars of the unit of g² / (v + 10⁻⁸), a step's gradient beside its variance v, unbiased, along its tensor's first axis (Surgical Fine-Tuning's evidence-based criterion, Lee et al.
/// 2023); and how many terms it has. A tensor whose first axis has one element has no variance, and no terms. Five passes over the gradient a step.
/// </summary>
public sealed class GradientEvidence : UnitStatistic
{
    private const string Sums = "evidence-sum", Terms = "evidence-terms", One = "evidence-one";
    private const float Least = 1e-8f;

    /// <inheritdoc/>
    public override string Key => "gradient-evidence";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Gradient;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["ratios", "terms"];

    /// <inheritdoc/>
    public override void Accumulate(StepView step)
    {
        ArgumentNullException.ThrowIfNull(step);
        if (!step.HasState(null, One)) step.Device.Fill(step.State(One, [1]).Range, 1);
        foreach (Parameter parameter in step.Parameters)
        {
            if (parameter.Grad is not { } gradient || gradient.Shape.Rank == 0 || gradient.Shape[0] < 2) continue;
            using Tensor rows = gradient.Reshape(gradient.Shape[0], -1);
            using Tensor variance = rows.Variance([0], keepAxes: true);
            using Tensor floored = variance + Least;
            using Tensor square = rows.Square();
            using Tensor ratio = square / floored;
            using Tensor sum = ratio.Sum();
            step.Device.AddScaled(1, sum.Range, 1, step.State(Sums, [1]).Range);
            step.Device.AddScaled(gradient.Shape.Count, step.State(One, [1]).Range, 1, step.State(Terms, [1]).Range);
        }
    }

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        ArgumentNullException.ThrowIfNull(step);
        TensorRange sum = step.State(Sums, [1]).Range, terms = step.State(Terms, [1]).Range;
        step.Device.Copy(sum, values.Slice(0, 1));
        step.Device.Copy(terms, values.Slice(1, 1));
        step.Device.Fill(sum, 0);
        step.Device.Fill(terms, 0);
    }

    /// <summary>The mean ratio of an observation's interval; NaN where there is no term.</summary>
    public static double Mean(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        ReadOnlySpan<double> values = observation.Of("gradient-evidence");
        return values[1] > 0 ? values[0] / values[1] : double.NaN;
    }
}
