using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = min(max(x, low), high), dy/dx = 1 from low to high, the bounds included, else 0. A NaN stays one.</summary>
/// <param name="Low">The least value.</param>
/// <param name="High">The greatest value.</param>
public readonly record struct ClampOp<T>(T Low, T High) : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => x < Low ? Low : x > High ? High : x;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => x < Low || x > High ? T.Zero : T.One;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => Vector.ConditionalSelect(Vector.LessThan(x, new Vector<T>(Low)), new Vector<T>(Low), Vector.ConditionalSelect(Vector.GreaterThan(x, new Vector<T>(High)), new Vector<T>(High), x));

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector.ConditionalSelect(Vector.LessThan(x, new Vector<T>(Low)) | Vector.GreaterThan(x, new Vector<T>(High)), Vector<T>.Zero, Vector<T>.One);
}

public sealed partial class Tensor
{
    /// <summary>y = min(max(x, low), high); the gradient passes from low to high, the bounds included. Element by element.</summary>
    /// <exception cref="ArgumentException">low is not at most high.</exception>
    public Tensor Clamp(double low, double high) => new MapFunction(ClampKernel(low, high)).Apply([this]);

    internal static MapKernel ClampKernel(double low, double high)
    {
        if (!(low <= high)) throw new ArgumentException($"clamp: low must be at most high, found {low} and {high}.");
        var single = new ClampOp<float>((float)low, (float)high);
        return MapKernel.Of("clamp", MapUse.Input, new ClampOp<double>(low, high), single, single);
    }
}
