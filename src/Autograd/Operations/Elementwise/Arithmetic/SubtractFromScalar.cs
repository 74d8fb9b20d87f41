using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = c − x.</summary>
/// <param name="Constant">c.</param>
public readonly record struct SubtractFromScalarOp<T>(T Constant) : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => Constant - x;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => -T.One;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => new Vector<T>(Constant) - x;

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => -Vector<T>.One;
}

public sealed partial class Tensor
{
    /// <summary>y = c − x, element by element.</summary>
    public static Tensor operator -(double c, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return new MapFunction(SubtractFromScalarKernel(c)).Apply([x]);
    }

    internal static MapKernel SubtractFromScalarKernel(double constant)
    {
        var single = new SubtractFromScalarOp<float>((float)constant);
        return MapKernel.Of("subtract from scalar", MapUse.None, new SubtractFromScalarOp<double>(constant), single, single);
    }
}
