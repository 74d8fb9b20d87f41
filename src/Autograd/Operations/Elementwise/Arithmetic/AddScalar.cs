using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = x + c.</summary>
/// <param name="Constant">c.</param>
public readonly record struct AddScalarOp<T>(T Constant) : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => x + Constant;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => T.One;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => x + new Vector<T>(Constant);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector<T>.One;
}

public sealed partial class Tensor
{
    /// <summary>y = x + c, element by element.</summary>
    public Tensor AddScalar(double constant)
    {
        var single = new AddScalarOp<float>((float)constant);
        return new MapFunction(MapKernel.Of("add scalar", MapUse.None, new AddScalarOp<double>(constant), single, single)).Apply([this]);
    }
}
