using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = x·(x + 3) / 6 between −3 and 3, 0 below, x above (Howard et al. 2019); dy/dx = x/3 + ½ from −3 to 3, both included, 0 below, 1 above: as in PyTorch.</summary>
/// <param name="Three">3.</param>
/// <param name="Six">6.</param>
/// <param name="Half">½.</param>
public readonly record struct HardSwishOp<T>(T Three, T Six, T Half) : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => x <= -Three ? T.Zero : x >= Three ? x : x * (x + Three) / Six;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => x < -Three ? T.Zero : x > Three ? T.One : (x / Three) + Half;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x)
    {
        Vector<T> three = new(Three);
        return Vector.ConditionalSelect(
            Vector.LessThanOrEqual(x, -three), Vector<T>.Zero, Vector.ConditionalSelect(Vector.GreaterThanOrEqual(x, three), x, x * (x + three) / new Vector<T>(Six)));
    }

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y)
    {
        Vector<T> three = new(Three);
        return Vector.ConditionalSelect(
            Vector.LessThan(x, -three), Vector<T>.Zero, Vector.ConditionalSelect(Vector.GreaterThan(x, three), Vector<T>.One, (x / three) + new Vector<T>(Half)));
    }
}

internal static partial class MapKernels
{
    public static readonly MapKernel HardSwish =
        MapKernel.Of("hard swish", MapUse.Input, new HardSwishOp<double>(3, 6, 0.5), new HardSwishOp<float>(3, 6, 0.5f), new HardSwishOp<float>(3, 6, 0.5f));
}

public sealed partial class Tensor
{
    private static readonly MapFunction HardSwishFunction = new(MapKernels.HardSwish);

    /// <summary>y = x·(x + 3) / 6 between −3 and 3, 0 below, x above (Howard et al. 2019); dy/dx as in PyTorch at ±3: −½ and 1½. Element by element.</summary>
    public Tensor HardSwish() => HardSwishFunction.Apply([this]);
}
