using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ResearchFreeze.Autograd;

/// <summary>What is done to a row of scores between the products. Vectors begin at the block's first key and are added up lane by lane, so that a row's bits do not depend on what is behind its last key.</summary>
internal static unsafe class AttentionRows<TKernel>
    where TKernel : struct, IGemmKernel
{
    // The exponentials are a third of the work where heads are small: vectors as wide as the products'.
    private static bool IsWide => typeof(TKernel) == typeof(GemmAvx512);

    /// <summary>
    /// Scores to weights that are yet to be divided by their sum: raises the running maximum, and adds the block's weights to the running sum (Milakov and Gimelshein 2018). What a query does not see is 0.
    /// </summary>
    /// <returns>What weights before this block are now to be multiplied with.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Weigh(float* row, int visible, int padded, bool isFirst, ref float maximum, ref float sum)
    {
        float largest = MathF.Max(maximum, IsWide ? LargestWide(row, visible) : Largest(row, visible));
        // Where all that was seen is −∞ each weight is 0, and a NaN stays one.
        float shift = float.IsNegativeInfinity(largest) ? 0 : largest, before = isFirst ? 0 : CpuMath.Exp(maximum - shift);
        maximum = largest;
        sum = (sum * before) + Exponentials(row, shift, 0, visible, padded);
        return before;
    }

    /// <summary>Scores to weights, by the largest of all of a query's and the logarithm of the sum of weights; +∞: it sees no key, and all are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WeighBySum(float* row, int visible, int padded, float largest, float logSum) => Exponentials(row, largest, logSum, visible, padded);

    /// <summary>Adds a row of the additive mask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Mask(float* row, float* mask, int visible)
    {
        for (int i = 0; i < visible; i += Lanes.Count) Lanes.Store(Lanes.Load(row + i, visible - i) + Lanes.Load(mask + i, visible - i), row + i, visible - i);
    }

    /// <summary>Weights to what dropout leaves of them.</summary>
    public static void Drop(float* weights, float* kept, int visible, int padded, in DropoutKey key, ulong first, uint* draws)
    {
        int blocks = (visible + 3) / 4;
        // Rows and blocks of keys begin at a block of the generator.
        CpuPhilox.Fill(key.Stream, key.Step, first >> 2, draws, blocks);
        uint threshold = key.Threshold;
        float scale = key.Scale;
        for (int i = 0; i < visible; i++) kept[i] = draws[i] < threshold ? 0 : scale * weights[i];
        new Span<float>(kept + visible, padded - visible).Clear();
    }

    /// <summary>weights ← weights ∘ (dweights − through).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoreGradients(float* weights, float* gradients, int padded, float through)
    {
        var subtract = new Vector<float>(through);
        for (int i = 0; i < padded; i += Lanes.Count) (Lanes.Load(weights + i) * (Lanes.Load(gradients + i) - subtract)).Store(weights + i);
    }

    /// <summary>Σ a·b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* a, float* b, int count)
    {
        Vector<float> sum = Vector<float>.Zero;
        for (int i = 0; i < count; i += Lanes.Count) sum += Lanes.Load(a + i, count - i) * Lanes.Load(b + i, count - i);
        return Vector.Sum(sum);
    }

    /// <summary>Rows times a factor, to rows of a copy with zeros behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* from, nint stride, int rows, int count, float factor, float* to, int width)
    {
        var scale = new Vector<float>(factor);
        for (; rows > 0; rows--, from += stride, to += width)
        {
            int i = 0;
            for (; i <= count - Lanes.Count; i += Lanes.Count) (Lanes.Load(from + i) * scale).Store(to + i);
            for (; i < count; i += Lanes.Count) (Lanes.Load(from + i, count - i) * scale).Store(to + i);
            for (; i < width; i += Lanes.Count) Vector<float>.Zero.Store(to + i);
        }
    }

    /// <summary>to ← factor · rows of a copy + beta · to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* rows, float factor, int count, float* to, float beta)
    {
        var scale = new Vector<float>(factor);
        int i = 0;
        for (; i <= count - Lanes.Count; i += Lanes.Count) Lanes.Accumulate(Lanes.Load(rows + i) * scale, to + i, beta);
        if (i < count) Lanes.Accumulate(Lanes.Load(rows + i, count - i) * scale, to + i, count - i, beta);
    }

    /// <summary>row ← exp(row − shift − rest), zeros from visible to padded; returns the sum. One after the other: beside a large shift the rest would be lost. Rows have room for whole vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Exponentials(float* row, float shift, float rest, int visible, int padded)
    {
        if (IsWide) return ExponentialsWide(row, shift, rest, visible, padded);
        Vector<float> sum = Vector<float>.Zero, subtract = new(shift), last = new(rest);
        int i = 0;
        for (; i < visible; i += Lanes.Count)
        {
            Vector<float> p = CpuMath.Exp(Lanes.Load(row + i) - subtract - last);
            if (i + Lanes.Count > visible) p = Vector.ConditionalSelect(Lanes.From(visible - i), Vector<float>.Zero, p);
            p.Store(row + i);
            sum += p;
        }
        for (; i < padded; i += Lanes.Count) Vector<float>.Zero.Store(row + i);
        return Vector.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float ExponentialsWide(float* row, float shift, float rest, int visible, int padded)
    {
        Vector512<float> sum = Vector512<float>.Zero, subtract = Vector512.Create(shift), last = Vector512.Create(rest);
        int i = 0;
        for (; i < visible; i += Vector512<float>.Count)
        {
            Vector512<float> p = CpuMath.Exp(Vector512.Load(row + i) - subtract - last);
            if (i + Vector512<float>.Count > visible) p = Vector512.ConditionalSelect(Seen(visible - i), p, Vector512<float>.Zero);
            p.Store(row + i);
            sum += p;
        }
        for (; i < padded; i += Vector512<float>.Count) Vector512<float>.Zero.Store(row + i);
        return Vector512.Sum(sum);
    }

    /// <summary>The largest score that is seen; NaN may or may not win.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(float* row, int visible)
    {
        var least = new Vector<float>(float.NegativeInfinity);
        Vector<float> largest = least;
        for (int i = 0; i < visible; i += Lanes.Count)
        {
            Vector<float> x = Lanes.Load(row + i);
            largest = Vector.MaxNative(largest, i + Lanes.Count > visible ? Vector.ConditionalSelect(Lanes.From(visible - i), least, x) : x);
        }
        float result = largest[0];
        for (int lane = 1; lane < Lanes.Count; lane++) result = largest[lane] > result ? largest[lane] : result;
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float LargestWide(float* row, int visible)
    {
        Vector512<float> least = Vector512.Create(float.NegativeInfinity), largest = least;
        for (int i = 0; i < visible; i += Vector512<float>.Count)
        {
            Vector512<float> x = Vector512.Load(row + i);
            largest = Vector512.MaxNative(largest, i + Vector512<float>.Count > visible ? Vector512.ConditionalSelect(Seen(visible - i), x, least) : x);
        }
        Vector256<float> half = Vector256.MaxNative(largest.GetLower(), largest.GetUpper());
        Vector128<float> quarter = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        quarter = Vector128.MaxNative(quarter, Vector128.Shuffle(quarter, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(quarter, Vector128.Shuffle(quarter, Vector128.Create(1, 0, 3, 2)))[0];
    }

    /// <summary>All bits set in the first lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Seen(int count) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();
}
