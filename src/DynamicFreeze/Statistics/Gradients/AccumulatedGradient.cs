using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// The gradients of an interval added up, Δ = Σₜ gₜ, before clipping: ‖Δ‖₁ and ‖Δ‖₂² over the unit's parameters (AutoFreeze, Liu et al. 2021, compares ‖Δ‖₁ of successive intervals). Noise cancels in Δ, what
/// keeps pointing the same way does not. One pass over the weights a step.
/// </summary>
public sealed class AccumulatedGradient : UnitStatistic
{
    private const string Sum = "gradient-sum", Scratch = "gradient-sum-scratch";

    /// <inheritdoc/>
    public override string Key => "accumulated-gradient";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Gradient;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["absolutes", "squares"];

    /// <inheritdoc/>
    public override void Accumulate(StepView step)
    {
        ArgumentNullException.ThrowIfNull(step);
        foreach (Parameter parameter in step.Parameters)
        {
            if (parameter.Grad is { } gradient) step.State(parameter, Sum).Accumulate(gradient);
        }
    }

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        ArgumentNullException.ThrowIfNull(step);
        Tensor scratch = step.State(Scratch, [1]);
        float beta = 0;
        foreach (Parameter parameter in step.Parameters)
        {
            TensorRange sum = step.State(parameter, Sum).Range;
            step.Device.Norm(NormKind.L1, sum, sum, scratch.Range);
            step.Device.AddScaled(1, scratch.Range, beta, values.Slice(0, 1));
            step.Device.Norm(NormKind.SquaredL2, sum, sum, scratch.Range);
            step.Device.AddScaled(1, scratch.Range, beta, values.Slice(1, 1));
            step.Device.Fill(sum, 0);
            beta = 1;
        }
    }

    /// <summary>‖Δ‖₁ of an observation's interval.</summary>
    public static double L1(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return observation.Of("accumulated-gradient")[0];
    }

    /// <summary>‖Δ‖₂ of an observation's interval.</summary>
    public static double L2(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return Math.Sqrt(observation.Of("accumulated-gradient")[1]);
    }
}
