using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = sin x, dy/dx = cos x; x in radians.</summary>
public readonly struct SinOp<T, TMath> : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => TMath.Sin(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => TMath.Cos(x);

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => TMath.Sin(x);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => TMath.Cos(x);
}

internal static partial class MapKernels
{
    public static readonly MapKernel Sin = MapKernel.Of("sin", MapUse.Input, new SinOp<double, DoubleMath>(), new SinOp<float, CpuMath>(), new SinOp<float, GpuMath>());
}

public sealed partial class Tensor
{
    private static readonly MapFunction SinFunction = new(MapKernels.Sin);

    /// <summary>y = sin x, dy/dx = cos x; x in radians. Element by element.</summary>
    public Tensor Sin() => SinFunction.Apply([this]);
}
