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
