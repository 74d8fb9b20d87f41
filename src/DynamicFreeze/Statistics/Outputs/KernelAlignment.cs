using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Linear centred kernel alignment of the unit's outputs on a probe batch with the reference model's (Kornblith et al. 2019; SimFreeze, Li et al. 2024): ⟨K, L⟩ / (‖K‖ ‖L‖), with K = X·Xᵀ of the outputs minus their mean over
/// the batch. 1: the same up to rotation and scale.
/// </summary>
public sealed class KernelAlignment : UnitStatistic
{
    /// <inheritdoc/>
    public override string Key => "kernel-alignment";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Output | Reads.ProbeBatch | Reads.ReferenceModel;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Values { get; } = ["product", "squares", "referenceSquares"];

    /// <inheritdoc/>
    public override void Read(StepView step, TensorRange values)
    {
        ArgumentNullException.ThrowIfNull(step);
        using Tensor now = Kernel(step.Output), before = Kernel(step.ReferenceOutput), products = now * before, product = products.Sum();
        step.Device.Copy(product.Range, values.Slice(0, 1));
        step.Device.Norm(NormKind.SquaredL2, now.Range, now.Range, values.Slice(1, 1));
        step.Device.Norm(NormKind.SquaredL2, before.Range, before.Range, values.Slice(2, 1));
    }

    /// <summary>The alignment in [0, 1]; NaN where either output does not vary over the batch.</summary>
    public static double Of(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        ReadOnlySpan<double> values = observation.Of("kernel-alignment");
        double scale = Math.Sqrt(values[1]) * Math.Sqrt(values[2]);
        return scale > 0 && double.IsFinite(scale) ? values[0] / scale : double.NaN;
    }

    private static Tensor Kernel(Tensor output)
    {
        int rows = output.Shape[0];
        using Tensor flat = output.Reshape([rows, output.Shape.Count / rows]), mean = flat.Mean([0], keepAxes: true), centred = flat - mean;
        return centred.MatMul(centred, transposeOther: true);
    }
}
