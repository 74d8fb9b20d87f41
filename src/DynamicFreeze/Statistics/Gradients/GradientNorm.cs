using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Σ over the steps of an interval and the parameters of the unit of Σg², before clipping; ‖g‖ in the root mean square is √(squares / steps).</summary>
public sealed class GradientNorm : UnitStatistic
{
    private const string Squares = "gradient-squares";

    /// <inheritdoc/>
    public override string Key => "gradient-norm";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Gradient;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["squares"];

    /// <inheritdoc/>
    public override void Accumulate(StepView step)
    {
        ArgumentNullException.ThrowIfNull(step);
        TensorRange sum = step.State(Squares, [1]).Range;
        foreach (Parameter parameter in step.Parameters) step.Device.AddScaled(1, step.GradientSquare(parameter), 1, sum);
    }

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        ArgumentNullException.ThrowIfNull(step);
        TensorRange sum = step.State(Squares, [1]).Range;
        step.Device.Copy(sum, values);
        step.Device.Fill(sum, 0);
    }

    /// <summary>The root mean square of ‖g‖₂ over an observation's interval.</summary>
    public static double Norm(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return Math.Sqrt(observation.Of("gradient-norm")[0] / observation.Steps);
    }
}
