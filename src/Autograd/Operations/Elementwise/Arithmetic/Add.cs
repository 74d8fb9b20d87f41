using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>a + b.</summary>
public readonly struct AddOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a + b;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => a + b;
}

/// <summary>y = a + b with broadcasting; ∂y/∂a = ∂y/∂b = 1, so nothing is kept.</summary>
public sealed class AddFunction : Function
{
    /// <inheritdoc/>
    public override string Name => "add";

    internal static ZipKernel Kernel { get; } = ZipKernel.Of("add", new AddOp<double>(), new AddOp<float>());

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs) => Broadcasting.Apply(context, Kernel, inputs);

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        Broadcasting.Accumulate(context.Device, dy, 1, dx);
    }
}

public sealed partial class Tensor
{
    private static readonly AddFunction AddInstance = new();

    /// <summary>y = a + b with NumPy's broadcasting.</summary>
    public static Tensor operator +(Tensor a, Tensor b) => AddInstance.Apply([a, b]);

    /// <summary>y = a + c.</summary>
    public static Tensor operator +(Tensor a, double c) => a.AddScalar(c);

    /// <summary>y = c + a.</summary>
    public static Tensor operator +(double c, Tensor a) => a.AddScalar(c);
}
