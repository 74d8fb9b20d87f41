using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// How far the unit's view of a probe batch differs from the reference model's (Egeria, Wang et al. 2023): P = ‖Ḡ − Ḡᵣ‖² / b², with G = A·Aᵀ the b×b products of the samples' outputs and every row of it divided by its
/// norm (the similarity-preserving loss of Tung and Mori 2019).
/// </summary>
public sealed class Plasticity : UnitStatistic
{
    // A sample whose outputs are all zero, as behind a dead ReLU, is like no other.
    private const double Tiny = 1e-30;

    /// <inheritdoc/>
    public override string Key => "plasticity";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Output | Reads.ProbeBatch | Reads.ReferenceModel;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["distance"];

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        ArgumentNullException.ThrowIfNull(step);
        using Tensor now = Similarities(step.Output), before = Similarities(step.ReferenceOutput), difference = now - before, squares = difference.Square(), sum = squares.Sum();
        step.Device.AddScaled(1f / ((float)now.Shape[0] * now.Shape[0]), sum.Range, 0, values);
    }

    /// <summary>P.</summary>
    public static double Of(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return observation.Of("plasticity")[0];
    }

    private static Tensor Similarities(Tensor output)
    {
        int rows = output.Shape[0];
        using Tensor flat = output.Reshape([rows, output.Shape.Count / rows]), products = flat.MatMul(flat, transposeOther: true);
        using Tensor squares = products.Square(), sums = squares.Sum([1], keepAxes: true), norms = sums.Sqrt(), divisors = norms + Tiny;
        return products / divisors;
    }
}
