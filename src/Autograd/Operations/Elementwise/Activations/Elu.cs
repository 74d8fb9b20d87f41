using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = scale·x where x > 0, else scale·α·(eˣ − 1); dy/dx accordingly, scale·α at 0 (Clevert, Unterthiner and Hochreiter 2016).</summary>
/// <param name="Alpha">α.</param>
/// <param name="Scale">The scale: 1 but for SELU.</param>
/// <param name="Half">½.</param>
public readonly record struct EluOp<T, TMath>(T Alpha, T Scale, T Half) : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x)
    {
        if (x > T.Zero) return Scale * x;
        // eˣ − 1 = 2t / (1 − t) with t = tanh x/2: near 0 the difference would lose all digits.
        T t = TMath.Tanh(Half * x);
        return Scale * Alpha * (t + t) / (T.One - t);
    }

    /// <inheritdoc/>
    public T Derivative(T x, T y) => x > T.Zero ? Scale : Scale * Alpha * TMath.Exp(x);

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x)
    {
        Vector<T> t = TMath.Tanh(x * Half), negative = (t + t) * (Scale * Alpha) / (Vector<T>.One - t);
        return Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<T>.Zero), x * Scale, negative);
    }

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) =>
        Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<T>.Zero), new Vector<T>(Scale), TMath.Exp(x) * (Scale * Alpha));
}

public sealed partial class Tensor
{
    private static readonly MapFunction EluFunction = new(EluKernel(1));

    /// <summary>y = x where x > 0, else α·(eˣ − 1); dy/dx accordingly, α at 0 (Clevert, Unterthiner and Hochreiter 2016). Element by element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">α is not finite.</exception>
    public Tensor Elu(double alpha = 1) => (alpha == 1 ? EluFunction : new MapFunction(EluKernel(alpha))).Apply([this]);

    internal static MapKernel EluKernel(double alpha)
    {
        if (!double.IsFinite(alpha)) throw new ArgumentOutOfRangeException(nameof(alpha), $"elu: alpha must be finite, found {alpha}.");
        return MapKernel.Of(
            "elu", MapUse.Input, new EluOp<double, DoubleMath>(alpha, 1, 0.5), new EluOp<float, CpuMath>((float)alpha, 1, 0.5f), new EluOp<float, GpuMath>((float)alpha, 1, 0.5f));
    }
}
