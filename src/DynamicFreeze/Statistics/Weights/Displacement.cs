using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Whether a unit still goes somewhere: with Δₖ its weights' change between two checks, Δₖ·Δₖ₋₂, ‖Δₖ‖² and ‖Δₖ₋₂‖². The cosine is near 1 for a unit that moves steadily, near 0 for one that only shakes, and negative for
/// one that swings back. The interval between is left out, because momentum carries a step's noise into it. Nothing is read in a step; three copies of the weights are kept.
/// Two more values weigh each scalar with what the optimizer divides its gradient by (<see cref="Layers.Optimizer.Divisor"/>): cost, Σ d·Δₖ², and gain, Σ d·Δₖ·Δₖ₋₂; with SGD, which divides by nothing, they are the square and the product.
/// </summary>
public sealed class Displacement : UnitStatistic
{
    private const string Last = "displacement-1", BeforeLast = "displacement-2", LastSquares = "displacement-squares-1", BeforeLastSquares = "displacement-squares-2";

    /// <inheritdoc/>
    public override string Key => "displacement";

    /// <inheritdoc/>
    public override Reads Reads => Reads.WeightDelta;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["product", "squares", "squaresBefore", "cost", "gain"];

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        ArgumentNullException.ThrowIfNull(step);
        // The squares of the change before the last were summed when it was made: its tensor is overwritten here, before norms that are taken for all units together could read it.
        TensorRange squares = step.State(LastSquares, [1]).Range, squaresBefore = step.State(BeforeLastSquares, [1]).Range;
        step.Device.Copy(squaresBefore, values.Slice(2, 1));
        step.Device.Copy(squares, squaresBefore);
        float beta = 0;
        foreach (Parameter parameter in step.Parameters)
        {
            Tensor last = step.State(parameter, Last), beforeLast = step.State(parameter, BeforeLast);
            using Tensor change = step.Change(parameter), products = change * beforeLast, product = products.Sum();
            step.Device.AddScaled(1, product.Range, beta, values.Slice(0, 1));
            beforeLast.Assign(last);
            last.Assign(change);
            using Tensor? divisor = step.Divisor(parameter);
            if (divisor is null)
            {
                step.Device.AddScaled(1, product.Range, beta, values.Slice(4, 1));
                step.AddNorm(NormKind.SquaredL2, last.Range, last.Range, values.Slice(3, 1), beta);
            }
            else
            {
                using Tensor weighted = products * divisor, gain = weighted.Sum(), scaled = change * divisor, dearest = scaled * change, cost = dearest.Sum();
                step.Device.AddScaled(1, gain.Range, beta, values.Slice(4, 1));
                step.Device.AddScaled(1, cost.Range, beta, values.Slice(3, 1));
            }
            step.AddNorm(NormKind.SquaredL2, last.Range, last.Range, values.Slice(1, 1), beta);
            step.AddNorm(NormKind.SquaredL2, last.Range, last.Range, squares, beta);
            beta = 1;
        }
    }

    /// <summary>Σ d·Δ² of an observation's interval, in the loss's unit times a rate.</summary>
    public static double Cost(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return observation.Of("displacement")[3];
    }

    /// <summary>Σ d·Δ·Δ″ of an observation's interval and the one before the last, in the loss's unit times a rate.</summary>
    public static double Gain(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return observation.Of("displacement")[4];
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
