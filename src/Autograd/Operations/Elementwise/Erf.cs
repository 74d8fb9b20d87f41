using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = erf x = 2/√π·∫₀ˣ e^−t² dt, dy/dx = 2/√π·e^−x².</summary>
/// <param name="Slope">2/√π, the slope at 0.</param>
public readonly record struct ErfOp<T, TMath>(T Slope) : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => TMath.Erf(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => Slope * TMath.Exp(-x * x);

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => TMath.Erf(x);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => TMath.Exp(-x * x) * Slope;
}

internal static partial class MapKernels
{
    private const double ErfSlope = 1.1283791670955126;

    public static readonly MapKernel Erf = MapKernel.Of(
        "erf", MapUse.Input, new ErfOp<double, DoubleMath>(ErfSlope), new ErfOp<float, CpuMath>((float)ErfSlope), new ErfOp<float, GpuMath>((float)ErfSlope));
}

public sealed partial class Tensor
{
    private static readonly MapFunction ErfFunction = new(MapKernels.Erf);

    /// <summary>y = erf x = 2/√π·∫₀ˣ e^−t² dt, dy/dx = 2/√π·e^−x². Element by element.</summary>
    public Tensor Erf() => ErfFunction.Apply([this]);
}
