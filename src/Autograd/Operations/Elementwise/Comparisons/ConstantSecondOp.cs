using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>A function of two operands whose second is a constant.</summary>
/// <param name="Function">The function of two.</param>
/// <param name="Constant">The second operand.</param>
public readonly record struct ConstantSecondOp<T, TOp>(TOp Function, T Constant) : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TOp : unmanaged, IZipOp<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => Function.Apply(x, Constant);

    /// <summary>0: for functions that are constant between jumps.</summary>
    public T Derivative(T x, T y) => T.Zero;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => Function.Apply(x, new Vector<T>(Constant));

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector<T>.Zero;
}
