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

/// <summary>σ(x) − t = (1 − t)·σ(x) − t·σ(−x), the derivative with respect to the logit: exact where t is 1 and σ(x) nearly.</summary>
public readonly struct LogitSlopeOp<T, TMath> : IZipOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b)
    {
        T small = TMath.Exp(a < T.Zero ? a : -a), larger = T.One / (T.One + small), smaller = small * larger;
        return a < T.Zero ? ((T.One - b) * smaller) - (b * larger) : ((T.One - b) * larger) - (b * smaller);
    }

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b)
    {
        Vector<T> small = TMath.Exp(-Vector.Abs(a)), larger = Vector<T>.One / (Vector<T>.One + small), smaller = small * larger;
        Vector<T> isNegative = Vector.LessThan(a, Vector<T>.Zero);
        return ((Vector<T>.One - b) * Vector.ConditionalSelect(isNegative, smaller, larger)) - (b * Vector.ConditionalSelect(isNegative, larger, smaller));
    }
}

/// <summary>−a·b: the derivative with respect to the target is −x.</summary>
public readonly struct NegatedProductOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => -a * b;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => -a * b;
}

/// <summary>The binary cross entropy of each logit against its target, of one shape. The target's gradient needs the logits alone.</summary>
public sealed class BinaryCrossEntropyFunction : Function
{
    private const int Logits = 0, Target = 1;

    internal static readonly ZipKernel
        Kernel = ZipKernel.Of("binary cross entropy", new BinaryCrossEntropyOp<double, DoubleMath>(), new BinaryCrossEntropyOp<float, CpuMath>(), new BinaryCrossEntropyOp<float, GpuMath>()),
        LogitSlope = ZipKernel.Of("logit slope", new LogitSlopeOp<double, DoubleMath>(), new LogitSlopeOp<float, CpuMath>(), new LogitSlopeOp<float, GpuMath>()),
        NegatedProduct = ZipKernel.Of("negated product", new NegatedProductOp<double>(), new NegatedProductOp<float>());

    /// <inheritdoc/>
    public override string Name => Kernel.Name;

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        LossOperands.Require(Name, inputs[0].Shape, inputs[1].Shape);
        Tensor y = Broadcasting.Apply(context, Kernel, inputs);
        context.Save(Logits, inputs[0], InputSet.Of(0, 1), isExact: true);
        context.Save(Target, inputs[1], InputSet.Of(0), isExact: true);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        SavedTensor logits = context.Saved(Logits);
        if (input == 1)
        {
            Broadcasting.AccumulateZip(context, NegatedProduct, dy, logits, dx);
            return;
        }
        using Tensor slope = context.Temporary(dy.Shape);
        context.Device.Zip(LogitSlope, new ZipLayout(dy.Shape, dy.Shape, Name), logits.Range, context.Saved(Target).Range, slope.Range);
        Broadcasting.AccumulateZip(context, MultiplyFunction.Kernel, dy, new SavedTensor(slope.Range, slope.Shape), dx);
    }
}

public sealed partial class Tensor
{
    private static readonly BinaryCrossEntropyFunction BinaryCrossEntropyInstance = new();

    /// <summary>The mean binary cross entropy of these logits against targets in [0, 1], a scalar; both are differentiated where wanted.</summary>
    /// <exception cref="ShapeException">The shapes differ (a loss never broadcasts), or there are no elements.</exception>
    public Tensor BinaryCrossEntropyWithLogits(Tensor target)
    {
        ArgumentNullException.ThrowIfNull(target);
        using Tensor terms = BinaryCrossEntropyTerms(target);
        return terms.Mean();
    }

    /// <summary>The terms themselves.</summary>
    internal Tensor BinaryCrossEntropyTerms(Tensor target) => BinaryCrossEntropyInstance.Apply([this, target]);
}
