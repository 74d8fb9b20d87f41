using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Σ over the steps of an interval and the parameters of the unit of Σ|g|, before clipping; the mean ‖g‖₁ is the value / steps.</summary>
public sealed class GradientL1 : UnitStatistic
{
    private const string Sum = "gradient-absolutes", Scratch = "gradient-scratch";

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
        Tensor sum = step.State(Sum, [1]), scratch = step.State(Scratch, [1]);
        foreach (Parameter parameter in step.Parameters)
        {
            if (parameter.Grad is not { } gradient) continue;
            step.Device.Norm(NormKind.L1, gradient.Range, gradient.Range, scratch.Range);
            sum.Accumulate(scratch);
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
