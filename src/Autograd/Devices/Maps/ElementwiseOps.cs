using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>
/// An element-wise function of one operand and its derivative: the formula, once, for every device. Implemented by generic structs
/// (<c>TanhOp&lt;T, TMath&gt;</c>) whose constants are <c>T</c> fields. The scalar forms run on the reference (T = double) and in GPU kernels (T = float), so they use
/// only arithmetic, comparisons and <c>TMath</c>; the vector forms run on the CPU device and compute the same. A formula of one's own is a public struct, or the code that ILGPU emits cannot name it.
/// </summary>
public interface IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <summary>f(x).</summary>
    T Apply(T x);

    /// <summary>f'(x), from the operands that <see cref="MapKernel.DerivativeUses"/> names; the other is not valid.</summary>
    T Derivative(T x, T y);

    /// <summary>f(x), lane by lane.</summary>
    Vector<T> Apply(Vector<T> x);

    /// <summary>f'(x), lane by lane.</summary>
    Vector<T> Derivative(Vector<T> x, Vector<T> y);
}

/// <summary>An element-wise function of two operands; see <see cref="IMapOp{T}"/>.</summary>
public interface IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <summary>f(a, b).</summary>
    T Apply(T a, T b);

    /// <summary>f(a, b), lane by lane.</summary>
    Vector<T> Apply(Vector<T> a, Vector<T> b);
}

/// <summary>Transcendental functions, 1e-6 relative or better: <see cref="DoubleMath"/>, <see cref="CpuMath"/> or <see cref="GpuMath"/>.</summary>
public interface IRealMath<T>
    where T : unmanaged, INumber<T>
{
    /// <summary>eˣ.</summary>
    static abstract T Exp(T x);

    /// <summary>ln x.</summary>
    static abstract T Log(T x);

    /// <summary>tanh x.</summary>
    static abstract T Tanh(T x);

    /// <summary>√x.</summary>
    static abstract T Sqrt(T x);

    /// <summary>erf x = 2/√π·∫₀ˣ e^−t² dt.</summary>
    static abstract T Erf(T x);

    /// <summary>erfc x = 1 − erf x, to all digits where erf x is nearly 1.</summary>
    static abstract T Erfc(T x);

    /// <summary>The normal distribution Φ(x) = erfc(−x/√2) / 2, to all digits also where it is nearly 0.</summary>
    static abstract T Normal(T x);

    /// <summary>a·b + c, to all digits where c nearly cancels a·b: what rounding a product or a sum has lost.</summary>
    static abstract T Residual(T a, T b, T c);

    /// <summary>eˣ, lane by lane.</summary>
    static abstract Vector<T> Exp(Vector<T> x);

    /// <summary>ln x, lane by lane.</summary>
    static abstract Vector<T> Log(Vector<T> x);

    /// <summary>tanh x, lane by lane.</summary>
    static abstract Vector<T> Tanh(Vector<T> x);

    /// <summary>erf x, lane by lane.</summary>
    static abstract Vector<T> Erf(Vector<T> x);

    /// <summary>erfc x, lane by lane.</summary>
    static abstract Vector<T> Erfc(Vector<T> x);

    /// <summary>The normal distribution, lane by lane.</summary>
    static abstract Vector<T> Normal(Vector<T> x);

    /// <summary>a·b + c, lane by lane, to all digits where c nearly cancels a·b.</summary>
    static abstract Vector<T> Residual(Vector<T> a, Vector<T> b, Vector<T> c);
}

/// <summary>Which operands a derivative is computed from.</summary>
[Flags]
public enum MapUse
{
    /// <summary>Neither: the derivative is constant.</summary>
    None = 0,

    /// <summary>The input x.</summary>
    Input = 1,

    /// <summary>The output y.</summary>
    Output = 2,
}

/// <summary>An element-wise function of one operand, ready to run on every device: the same struct formula closed over each device's types.</summary>
public sealed class MapKernel
{
    private MapKernel(string name, MapUse derivativeUses, ReferenceMap reference, CpuMap cpu, GpuMap gpu)
    {
        Name = name;
        DerivativeUses = derivativeUses;
        Reference = reference;
        Cpu = cpu;
        Gpu = gpu;
    }

    /// <summary>The operation's name, for messages.</summary>
    public string Name { get; }

    /// <summary>Which operands the derivative needs.</summary>
    public MapUse DerivativeUses { get; }

    internal ReferenceMap Reference { get; }

    internal CpuMap Cpu { get; }

    internal GpuMap Gpu { get; }

    /// <summary>Makes the kernel from the formula's three forms.</summary>
    public static MapKernel Of<TReference, TCpu, TGpu>(string name, MapUse derivativeUses, TReference reference, TCpu cpu, TGpu gpu)
        where TReference : unmanaged, IMapOp<double>
        where TCpu : unmanaged, IMapOp<float>
        where TGpu : unmanaged, IMapOp<float> =>
        new(name, derivativeUses, new ReferenceMap<TReference>(reference), new CpuMap<TCpu>(cpu), new GpuMap<TGpu>(gpu));
}

/// <summary>An element-wise function of two operands, ready to run on every device.</summary>
public sealed class ZipKernel
{
    private ZipKernel(string name, ReferenceZip reference, CpuZip cpu, GpuZip gpu)
    {
        Name = name;
        Reference = reference;
        Cpu = cpu;
        Gpu = gpu;
    }

    /// <summary>The operation's name, for messages.</summary>
    public string Name { get; }

    internal ReferenceZip Reference { get; }

    internal CpuZip Cpu { get; }

    internal GpuZip Gpu { get; }

    /// <summary>Makes the kernel from the formula's two forms, where CPU and GPU share the float one.</summary>
    public static ZipKernel Of<TReference, TSingle>(string name, TReference reference, TSingle single)
        where TReference : unmanaged, IZipOp<double>
        where TSingle : unmanaged, IZipOp<float> => Of(name, reference, single, single);

    /// <summary>Makes the kernel from the formula's three forms.</summary>
    public static ZipKernel Of<TReference, TCpu, TGpu>(string name, TReference reference, TCpu cpu, TGpu gpu)
        where TReference : unmanaged, IZipOp<double>
        where TCpu : unmanaged, IZipOp<float>
        where TGpu : unmanaged, IZipOp<float> =>
        new(name, new ReferenceZip<TReference>(reference), new CpuZip<TCpu>(cpu), new GpuZip<TGpu>(gpu));
}
