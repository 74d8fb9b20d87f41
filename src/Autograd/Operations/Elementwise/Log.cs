using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = ln x, dy/dx = 1 / x.</summary>
public readonly struct LogOp<T, TMath> : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => TMath.Log(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => T.One / x;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => TMath.Log(x);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector<T>.One / x;
}

internal static partial class MapKernels
{
    public static readonly MapKernel Log = MapKernel.Of(
        "log", MapUse.Input, new LogOp<double, DoubleMath>(), new LogOp<float, CpuMath>(), new LogOp<float, GpuMath>());
}

public sealed partial class Tensor
{
    private static readonly MapFunction LogFunction = new(MapKernels.Log);

    /// <summary>y = ln x, dy/dx = 1 / x. Element by element.</summary>
    public Tensor Log() => LogFunction.Apply([this]);
}
