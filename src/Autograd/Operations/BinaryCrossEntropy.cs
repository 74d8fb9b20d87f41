using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>max(x, 0) − x·t + log(1 + e^−|x|): the binary cross entropy of a logit x against a target t in [0, 1], without cancellation.</summary>
public readonly struct BinaryCrossEntropyOp<T, TMath> : IZipOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b)
    {
        // For x > 0, x − x·t = x·(1 − t): exact where t is 1.
        T linear = a < T.Zero ? -a * b : a * (T.One - b);
        return linear + SoftplusOp<T, TMath>.Log1p(TMath.Exp(a < T.Zero ? a : -a));
    }

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b)
    {
        Vector<T> linear = Vector.ConditionalSelect(Vector.LessThan(a, Vector<T>.Zero), -a * b, a * (Vector<T>.One - b));
        return linear + SoftplusOp<T, TMath>.Log1p(TMath.Exp(-Vector.Abs(a)));
    }
}

/// <summary>σ(x) − t, the derivative with respect to the logit.</summary>
public readonly struct LogitSlopeOp<T, TMath> : IZipOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => (T.One / (T.One + TMath.Exp(-a))) - b;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => (Vector<T>.One / (Vector<T>.One + TMath.Exp(-a))) - b;
}

/// <summary>−x, the derivative with respect to the target.</summary>
public readonly struct TargetSlopeOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => -a;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => -a;
}

public sealed partial class Tensor
{
    private static readonly ZipFunction BinaryCrossEntropyFunction = new(
        ZipKernel.Of("binary cross entropy", new BinaryCrossEntropyOp<double, DoubleMath>(), new BinaryCrossEntropyOp<float, CpuMath>(), new BinaryCrossEntropyOp<float, GpuMath>()),
        ZipKernel.Of("logit slope", new LogitSlopeOp<double, DoubleMath>(), new LogitSlopeOp<float, CpuMath>(), new LogitSlopeOp<float, GpuMath>()),
        ZipKernel.Of("target slope", new TargetSlopeOp<double>(), new TargetSlopeOp<float>()));

    /// <summary>The mean binary cross entropy of these logits against targets in [0, 1], a scalar; both are differentiated where wanted.</summary>
    /// <exception cref="ShapeException">The shapes differ (a loss never broadcasts).</exception>
    public Tensor BinaryCrossEntropyWithLogits(Tensor target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (Shape != target.Shape) throw new ShapeException($"binary cross entropy: shapes {Shape} and {target.Shape} differ.");
        using Tensor terms = BinaryCrossEntropyFunction.Apply([this, target]);
        return terms.Mean();
    }
}
