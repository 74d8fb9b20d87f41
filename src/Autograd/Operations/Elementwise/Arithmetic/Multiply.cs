using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>a · b.</summary>
public readonly struct MultiplyOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a * b;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => a * b;
}

/// <summary>y = a · b with broadcasting; ∂y/∂a = b, ∂y/∂b = a: each operand is kept for the other.</summary>
public sealed class MultiplyFunction : Function
{
    private const int A = 0, B = 1;

    /// <inheritdoc/>
    public override string Name => "multiply";

    internal static ZipKernel Kernel { get; } = ZipKernel.Of("multiply", new MultiplyOp<double>(), new MultiplyOp<float>());

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Tensor y = Broadcasting.Apply(context, Kernel, inputs);
        context.Save(A, inputs[0], InputSet.Of(1));
        context.Save(B, inputs[1], InputSet.Of(0));
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        Broadcasting.AccumulateZip(context, Kernel, dy, context.Saved(input == 0 ? B : A), dx);
    }
}

public sealed partial class Tensor
{
    private static readonly MultiplyFunction MultiplyInstance = new();

    /// <summary>y = a · b with NumPy's broadcasting.</summary>
    public static Tensor operator *(Tensor a, Tensor b) => MultiplyInstance.Apply([a, b]);

    /// <summary>y = c·a.</summary>
    public static Tensor operator *(Tensor a, double c) => a.MultiplyScalar(c);

    /// <summary>y = c·a.</summary>
    public static Tensor operator *(double c, Tensor a) => a.MultiplyScalar(c);
}
