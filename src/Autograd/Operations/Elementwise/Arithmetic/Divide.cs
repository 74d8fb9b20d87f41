using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>a / b.</summary>
public readonly struct DivideOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a / b;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => a / b;
}

/// <summary>y = a / b with broadcasting; ∂y/∂a = 1 / b, ∂y/∂b = −y / b.</summary>
public sealed class DivideFunction : Function
{
    private const int B = 0, Y = 1;

    /// <inheritdoc/>
    public override string Name => "divide";

    internal static ZipKernel Kernel { get; } = ZipKernel.Of("divide", new DivideOp<double>(), new DivideOp<float>());

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Tensor y = Broadcasting.Apply(context, Kernel, inputs);
        context.Save(B, inputs[1], InputSet.Of(0, 1));
        context.Save(Y, y, InputSet.Of(1));
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        if (input == 0)
        {
            Broadcasting.AccumulateZip(context, Kernel, dy, context.Saved(B), dx);
            return;
        }
        SavedTensor b = context.Saved(B), y = context.Saved(Y);
        using Tensor product = context.Temporary(dy.Shape);
        context.Device.Zip(MultiplyFunction.Kernel, new ZipLayout(dy.Shape, y.Shape, Name), dy.Range, y.Range, product.Range);
        context.Device.Zip(Kernel, new ZipLayout(dy.Shape, b.Shape, Name), product.Range, b.Range, product.Range);
        Broadcasting.Accumulate(context.Device, product, -1, dx);
    }
}

public sealed partial class Tensor
{
    private static readonly DivideFunction DivideInstance = new();

    /// <summary>y = a / b with NumPy's broadcasting.</summary>
    public static Tensor operator /(Tensor a, Tensor b) => DivideInstance.Apply([a, b]);

    /// <summary>y = a / c.</summary>
    public static Tensor operator /(Tensor a, double c) => a.DivideScalar(c);
}
