using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>The nearest whole number; half-way between two, the even one. No gradient passes.</summary>
public readonly struct RoundOp<T, TMath> : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x)
    {
        T low = TMath.Floor(x), rest = x - low, half = T.One / (T.One + T.One);
        bool isEven = low == (T.One + T.One) * TMath.Floor(half * low);
        return rest > half || (rest == half && !isEven) ? low + T.One : low;
    }

    /// <inheritdoc/>
    public T Derivative(T x, T y) => T.Zero;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x)
    {
        Vector<T> two = Vector<T>.One + Vector<T>.One, half = Vector<T>.One / two;
        Vector<T> low = TMath.Floor(x), rest = x - low, odd = ~Vector.Equals(low, two * TMath.Floor(half * low));
        return Vector.ConditionalSelect(Vector.GreaterThan(rest, half) | (Vector.Equals(rest, half) & odd), low + Vector<T>.One, low);
    }

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector<T>.Zero;
}

internal static partial class MapKernels
{
    public static readonly MapKernel Round = MapKernel.Of("round", MapUse.None, new RoundOp<double, DoubleMath>(), new RoundOp<float, CpuMath>(), new RoundOp<float, GpuMath>());
}

public sealed partial class Tensor
{
    private static readonly PiecewiseConstantFunction RoundFunction = new(MapKernels.Round);

    /// <summary>The nearest whole number; half-way between two, the even one. Element by element; no gradient passes.</summary>
    public Tensor Round() => RoundFunction.Apply([this]);
}
