using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = c·x.</summary>
/// <param name="Constant">c.</param>
public readonly record struct MultiplyScalarOp<T>(T Constant) : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => x * Constant;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => Constant;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => x * Constant;

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => new(Constant);
}

public sealed partial class Tensor
{
    /// <summary>y = c·x, element by element.</summary>
    public Tensor MultiplyScalar(double constant)
    {
        var single = new MultiplyScalarOp<float>((float)constant);
        return new MapFunction(MapKernel.Of("multiply scalar", MapUse.None, new MultiplyScalarOp<double>(constant), single, single)).Apply([this]);
    }
}
