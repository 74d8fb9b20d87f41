using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = cos x, dy/dx = −sin x; x in radians.</summary>
public readonly struct CosOp<T, TMath> : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => TMath.Cos(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => -TMath.Sin(x);

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => TMath.Cos(x);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => -TMath.Sin(x);
}

internal static partial class MapKernels
{
    public static readonly MapKernel Cos = MapKernel.Of("cos", MapUse.Input, new CosOp<double, DoubleMath>(), new CosOp<float, CpuMath>(), new CosOp<float, GpuMath>());
}

public sealed partial class Tensor
{
    private static readonly MapFunction CosFunction = new(MapKernels.Cos);

    /// <summary>y = cos x, dy/dx = −sin x; x in radians. Element by element.</summary>
    public Tensor Cos() => CosFunction.Apply([this]);
}
