using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Loads and stores of vectors, and of their first few lanes. A run of elements is walked in whole vectors, and what is left over goes through the same
/// vector code with the missing lanes
/// zero: an element's result then does not depend on where it stands in a run or where a thread's part ends. A scalar loop for the rest would round
/// differently.
/// <see cref="Vector{T}"/> follows the runtime (eight floats with AVX2), whatever <see cref="SimdLevel"/> the products use: element-wise work waits for
/// memory, not for arithmetic.
/// </summary>
internal static unsafe class Lanes
{
    /// <summary>Lanes of a vector.</summary>
    public static int Count => Vector<float>.Count;

    private static ReadOnlySpan<int> Masks => [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>A whole vector; no alignment needed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Load(float* from) => Vector.Load(from);

    /// <summary>The first <paramref name="count"/> lanes, zeros in the rest. Touches nothing behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Load(float* from, int count)
    {
        if (count >= Count) return Load(from);
        if (Avx.IsSupported && Count == 8) return Avx.MaskLoad(from, Mask(count)).AsVector();
        return LoadSlowly(from, count);
    }

    /// <summary>Writes the first <paramref name="count"/> lanes and nothing behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector<float> value, float* to, int count)
    {
        if (count >= Count) value.Store(to);
        else if (Avx.IsSupported && Count == 8) Avx.MaskStore(to, Mask(count), value.AsVector256());
        else StoreSlowly(value, to, count);
    }

    /// <summary>to ← value + beta·to, where beta = 0 never reads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(Vector<float> value, float* to, float beta) => (beta == 0 ? value : value + (Load(to) * beta)).Store(to);

    /// <summary>The same for the first lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(Vector<float> value, float* to, int count, float beta) =>
        Store(beta == 0 ? value : value + (Load(to, count) * beta), to, count);

    /// <summary>Lane l of the result is lane index[l] of <paramref name="x"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Permute(Vector<float> x, Vector<int> index)
    {
        if (Count == 8 && Avx2.IsSupported) return Avx2.PermuteVar8x32(x.AsVector256(), index.AsVector256()).AsVector();
        if (Count == 4) return Vector128.Shuffle(x.AsVector128(), index.AsVector128()).AsVector();
        return PermuteSlowly(x, index);
    }

    /// <summary>All bits set in the lanes at and behind <paramref name="count"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> From(int count) => Vector.GreaterThanOrEqual(Vector<int>.Indices, new Vector<int>(count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Mask(int count)
    {
        ref int first = ref Unsafe.AsRef(in Masks[0]);
        return Vector256.LoadUnsafe(ref Unsafe.Add(ref first, 8 - count)).AsSingle();
    }

    private static Vector<float> LoadSlowly(float* from, int count)
    {
        float* padded = stackalloc float[Count];
        for (int i = 0; i < Count; i++) padded[i] = i < count ? from[i] : 0;
        return Load(padded);
    }

    private static Vector<float> PermuteSlowly(Vector<float> x, Vector<int> index)
    {
        float* lanes = stackalloc float[Count];
        for (int i = 0; i < Count; i++) lanes[i] = x[index[i]];
        return Load(lanes);
    }

    private static void StoreSlowly(Vector<float> value, float* to, int count)
    {
        float* padded = stackalloc float[Count];
        value.Store(padded);
        for (int i = 0; i < count; i++) to[i] = padded[i];
    }
}
