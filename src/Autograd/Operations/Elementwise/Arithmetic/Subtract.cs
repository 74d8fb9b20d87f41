using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>a − b.</summary>
public readonly struct SubtractOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a - b;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => a - b;
}

/// <summary>y = a − b with broadcasting; ∂y/∂a = 1, ∂y/∂b = −1, so nothing is kept.</summary>
public sealed class SubtractFunction : Function
{
    /// <inheritdoc/>
    public override string Name => "subtract";

    internal static ZipKernel Kernel { get; } = ZipKernel.Of("subtract", new SubtractOp<double>(), new SubtractOp<float>());

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs) => Broadcasting.Apply(context, Kernel, inputs);

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        Broadcasting.Accumulate(context.Device, dy, input == 0 ? 1 : -1, dx);
    }
}

public sealed partial class Tensor
{
    private static readonly SubtractFunction SubtractInstance = new();

    /// <summary>y = a − b with NumPy's broadcasting.</summary>
    public static Tensor operator -(Tensor a, Tensor b) => SubtractInstance.Apply([a, b]);

    /// <summary>y = a − c.</summary>
    public static Tensor operator -(Tensor a, double c) => a.AddScalar(-c);

    /// <summary>y = −a.</summary>
    public static Tensor operator -(Tensor a) => a.Negate();
}
