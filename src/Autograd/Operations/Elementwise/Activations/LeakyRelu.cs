using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = x where x > 0, else slope·x; dy/dx accordingly, slope at 0.</summary>
/// <param name="Slope">The slope for negative x.</param>
public readonly record struct LeakyReluOp<T>(T Slope) : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => x > T.Zero ? x : Slope * x;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => x > T.Zero ? T.One : Slope;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<T>.Zero), x, x * Slope);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<T>.Zero), Vector<T>.One, new Vector<T>(Slope));
}

public sealed partial class Tensor
{
    private static readonly MapFunction LeakyReluFunction = new(LeakyReluKernel(0.01));

    /// <summary>y = x where x > 0, else slope·x. Element by element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The slope is not finite.</exception>
    public Tensor LeakyRelu(double slope = 0.01) => (slope == 0.01 ? LeakyReluFunction : new MapFunction(LeakyReluKernel(slope))).Apply([this]);

    /// <summary>The kernel, for a module that makes it once.</summary>
    internal static MapKernel LeakyReluKernel(double slope)
    {
        if (!double.IsFinite(slope)) throw new ArgumentOutOfRangeException(nameof(slope), $"leaky relu: the slope must be finite, found {slope}.");
        var single = new LeakyReluOp<float>((float)slope);
        return MapKernel.Of("leaky relu", MapUse.Input, new LeakyReluOp<double>(slope), single, single);
    }
}
