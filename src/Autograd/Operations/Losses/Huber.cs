using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = x²/2 where |x| ≤ δ, else δ·(|x| − δ/2); dy/dx = x held between −δ and δ (Huber 1964).</summary>
/// <param name="Delta">Where the parabola ends.</param>
/// <param name="Half">½: a kernel converts no literal to T.</param>
public readonly record struct HuberOp<T>(T Delta, T Half) : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T x)
    {
        T magnitude = x < T.Zero ? -x : x;
        return magnitude > Delta ? Delta * (magnitude - (Half * Delta)) : Half * x * x;
    }

    /// <inheritdoc/>
    public T Derivative(T x, T y) => x < -Delta ? -Delta : x > Delta ? Delta : x;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x)
    {
        Vector<T> magnitude = Vector.Abs(x), delta = new(Delta);
        return Vector.ConditionalSelect(Vector.GreaterThan(magnitude, delta), delta * (magnitude - (delta * Half)), x * x * Half);
    }

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => new ClampOp<T>(-Delta, Delta).Apply(x);
}

public sealed partial class Tensor
{
    private static readonly MapFunction HuberFunction = new(HuberKernel(1));

    /// <summary>The mean of the Huber loss of this − target, a scalar: quadratic up to δ, linear beyond. Both are differentiated where wanted.</summary>
    /// <exception cref="ShapeException">The shapes differ (a loss never broadcasts), or there are no elements.</exception>
    /// <exception cref="ArgumentOutOfRangeException">δ is not positive.</exception>
    public Tensor Huber(Tensor target, double delta = 1)
    {
        ArgumentNullException.ThrowIfNull(target);
        using Tensor terms = HuberTerms(target, delta);
        return terms.Mean();
    }

    /// <summary>The terms themselves.</summary>
    internal Tensor HuberTerms(Tensor target, double delta)
    {
        LossOperands.Require("huber", Shape, target.Shape);
        MapFunction function = delta == 1 ? HuberFunction : new MapFunction(HuberKernel(delta));
        using Tensor difference = this - target;
        return function.Apply([difference]);
    }

    internal static MapKernel HuberKernel(double delta)
    {
        if (delta is not (> 0 and < double.PositiveInfinity)) throw new ArgumentOutOfRangeException(nameof(delta), $"huber: delta must be positive, found {delta}.");
        var single = new HuberOp<float>((float)delta, 0.5f);
        return MapKernel.Of("huber", MapUse.Input, new HuberOp<double>(delta, 0.5), single, single);
    }
}
