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

/// <summary>a − b.</summary>
public readonly struct SubtractOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a - b;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => a - b;
}

/// <summary>a·b.</summary>
public readonly struct MultiplyOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a * b;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => a * b;
}

/// <summary>a / b.</summary>
public readonly struct DivideOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a / b;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => a / b;
}

/// <summary>The kernels that operations share.</summary>
internal static class ZipKernels
{
    public static readonly ZipKernel Add = ZipKernel.Of("add", new AddOp<double>(), new AddOp<float>());
    public static readonly ZipKernel Subtract = ZipKernel.Of("subtract", new SubtractOp<double>(), new SubtractOp<float>());
    public static readonly ZipKernel Multiply = ZipKernel.Of("multiply", new MultiplyOp<double>(), new MultiplyOp<float>());
    public static readonly ZipKernel Divide = ZipKernel.Of("divide", new DivideOp<double>(), new DivideOp<float>());
}
