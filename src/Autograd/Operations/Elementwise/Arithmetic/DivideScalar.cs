using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = x / c. Not x·(1 / c), which rounds twice, and is NaN at 0 where 1 / c is infinite.</summary>
/// <param name="Constant">c.</param>
public readonly record struct DivideScalarOp<T>(T Constant) : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => x / Constant;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => T.One / Constant;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => x / new Vector<T>(Constant);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector<T>.One / new Vector<T>(Constant);
}

/// <summary>y = x / c; dx = dy / c, the same function of dy, so that the gradient is rounded once too.</summary>
public sealed class DivideScalarFunction(double constant) : Function
{
    private readonly MapKernel kernel = KernelOf(constant);

    /// <inheritdoc/>
    public override string Name => kernel.Name;

    internal static MapKernel KernelOf(double constant)
    {
        var single = new DivideScalarOp<float>((float)constant);
        return MapKernel.Of("divide by scalar", MapUse.None, new DivideScalarOp<double>(constant), single, single);
    }

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Tensor y = context.Result(inputs[0].Shape);
        context.Device.Map(kernel, inputs[0].Range, y.Range);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        TensorRange to = dx.Open(out float beta);
        context.Device.Map(kernel, dy.Range, to, beta);
    }
}

public sealed partial class Tensor
{
    /// <summary>y = x / c, element by element, rounded once; c in the device's precision.</summary>
    public Tensor DivideScalar(double constant) => new DivideScalarFunction(constant).Apply([this]);
}
