using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Σ over the steps of an interval and the parameters of the unit of Σ|g|, before clipping; the mean ‖g‖₁ is the value / steps.</summary>
public sealed class GradientL1 : UnitStatistic
{
    private const string Sum = "gradient-absolutes";

    /// <inheritdoc/>
    public override string Key => "gradient-l1";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Gradient;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["absolutes"];

    /// <inheritdoc/>
    public override void Accumulate(StepView step)
    {
        ArgumentNullException.ThrowIfNull(step);
        TensorRange sum = step.State(Sum, [1]).Range;
        foreach (Parameter parameter in step.Parameters)
        {
            if (parameter.Grad is { } gradient) step.AddNorm(NormKind.L1, gradient.Range, gradient.Range, sum, 1);
        }
    }

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        ArgumentNullException.ThrowIfNull(step);
        TensorRange sum = step.State(Sum, [1]).Range;
        step.Device.Copy(sum, values);
        step.Device.Fill(sum, 0);
    }

    /// <summary>The mean of ‖g‖₁ over an observation's interval.</summary>
    public static double Norm(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return observation.Of("gradient-l1")[0] / observation.Steps;
    }
}
