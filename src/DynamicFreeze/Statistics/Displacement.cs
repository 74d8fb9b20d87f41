using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Whether a unit still goes somewhere: with Δₖ its weights' change between two checks, Δₖ·Δₖ₋₂, ‖Δₖ‖² and ‖Δₖ₋₂‖². The cosine is near 1 for a unit that moves steadily, near 0 for one that only shakes, and negative for
/// one that swings back. The interval between is left out, because momentum carries a step's noise into it. Nothing is read in a step; three copies of the weights are kept.
/// </summary>
public sealed class Displacement : UnitStatistic
{
    private const string Last = "displacement-1", BeforeLast = "displacement-2", Scratch = "displacement-scratch";

    /// <inheritdoc/>
    public override string Key => "displacement";

    /// <inheritdoc/>
    public override Reads Reads => Reads.WeightDelta;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["product", "squares", "squaresBefore"];

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        ArgumentNullException.ThrowIfNull(step);
        Tensor scratch = step.State(Scratch, [1]);
        float beta = 0;
        foreach (Parameter parameter in step.Parameters)
        {
            Tensor last = step.State(parameter, Last), beforeLast = step.State(parameter, BeforeLast);
            using Tensor change = step.Change(parameter), products = change * beforeLast, product = products.Sum();
            step.Device.AddScaled(1, product.Range, beta, values.Slice(0, 1));
            step.Device.Norm(NormKind.SquaredL2, change.Range, change.Range, scratch.Range);
            step.Device.AddScaled(1, scratch.Range, beta, values.Slice(1, 1));
            step.Device.Norm(NormKind.SquaredL2, beforeLast.Range, beforeLast.Range, scratch.Range);
            step.Device.AddScaled(1, scratch.Range, beta, values.Slice(2, 1));
            beforeLast.Assign(last);
            last.Assign(change);
            beta = 1;
        }
    }

    /// <summary>The cosine between the unit's movement in an observation's interval and in the one before the last; NaN where either is zero or unknown.</summary>
    public static double Cosine(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        ReadOnlySpan<double> values = observation.Of("displacement");
        double scale = Math.Sqrt(values[1]) * Math.Sqrt(values[2]);
        return scale > 0 && double.IsFinite(scale) ? values[0] / scale : double.NaN;
    }
}
