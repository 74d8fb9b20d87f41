using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = c / x, dy/dx = −(c / x) / x: x² itself could be 0 or infinite.</summary>
/// <param name="Constant">c.</param>
public readonly record struct DivideScalarByOp<T>(T Constant) : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => Constant / x;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => -(Constant / x) / x;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => new Vector<T>(Constant) / x;

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => -(new Vector<T>(Constant) / x) / x;
}

public sealed partial class Tensor
{
    /// <summary>y = c / x, element by element, rounded once; c in the device's precision.</summary>
    public static Tensor operator /(double c, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return new MapFunction(DivideScalarByKernel(c)).Apply([x]);
    }

    internal static MapKernel DivideScalarByKernel(double constant)
    {
        var single = new DivideScalarByOp<float>((float)constant);
        return MapKernel.Of("divide scalar by", MapUse.Input, new DivideScalarByOp<double>(constant), single, single);
    }
}
