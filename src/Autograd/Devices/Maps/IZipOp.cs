using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>An element-wise function of two operands; see <see cref="IMapOp{T}"/>.</summary>
public interface IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <summary>f(a, b).</summary>
    T Apply(T a, T b);

    /// <summary>f(a, b), lane by lane.</summary>
    Vector<T> Apply(Vector<T> a, Vector<T> b);
}
