using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// How far the gradient of an interval's last step is from that of the step before it: ‖g(t) − g(t−1)‖₁ over the unit's parameters, before clipping (GradES, 2025). Two passes over the weights and a copy a step.
/// </summary>
public sealed class GradientDifference : UnitStatistic
{
    private const string Last = "gradient-last", Sum = "gradient-difference-sum", Scratch = "gradient-difference-scratch";

    /// <inheritdoc/>
    public override string Key => "gradient-difference";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Gradient;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["absolutes"];

    /// <inheritdoc/>
    public override void Accumulate(StepView step)
    {
        ArgumentNullException.ThrowIfNull(step);
        TensorRange sum = step.State(Sum, [1]).Range, scratch = step.State(Scratch, [1]).Range;
        float beta = 0;
        foreach (Parameter parameter in step.Parameters)
        {
            if (parameter.Grad is not { } gradient) continue;
            Tensor last = step.State(parameter, Last);
            using Tensor change = gradient - last;
            step.Device.Norm(NormKind.L1, change.Range, change.Range, scratch);
            step.Device.AddScaled(1, scratch, beta, sum);
            last.Assign(gradient);
            beta = 1;
        }
    }

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        ArgumentNullException.ThrowIfNull(step);
        step.Device.Copy(step.State(Sum, [1]).Range, values);
    }

    /// <summary>‖g(t) − g(t−1)‖₁ of an observation's last step.</summary>
    public static double Of(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return observation.Of("gradient-difference")[0];
    }
}
