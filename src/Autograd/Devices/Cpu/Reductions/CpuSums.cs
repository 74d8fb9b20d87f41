using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>What a sum adds up, from one or two operands. Zero operands must give zero: missing lanes are padded so.</summary>
internal interface ITerm
{
    /// <summary>The terms of a vector of elements.</summary>
    static abstract Vector<float> Of(Vector<float> x, Vector<float> y);
}

/// <summary>x.</summary>
internal readonly struct PlainTerm : ITerm
{
    public static Vector<float> Of(Vector<float> x, Vector<float> y) => x;
}

/// <summary>x·y; x² where both operands are the same.</summary>
internal readonly struct ProductTerm : ITerm
{
    public static Vector<float> Of(Vector<float> x, Vector<float> y) => x * y;
}

/// <summary>|x|.</summary>
internal readonly struct MagnitudeTerm : ITerm
{
    public static Vector<float> Of(Vector<float> x, Vector<float> y) => Vector.Abs(x);
}

/// <summary>(x − y)².</summary>
internal readonly struct SquaredDistanceTerm : ITerm
{
    public static Vector<float> Of(Vector<float> x, Vector<float> y) => (x - y) * (x - y);
}

/// <summary>
/// Sums of a run of elements in an order that follows from its length alone: blocks of 1024 in float lanes (at most 32 additions a lane, so the error stays
/// near one rounding), the lanes
/// and the blocks in double. No peeling for alignment: that would make the order depend on the address.
/// </summary>
internal static unsafe class CpuSums
{
    private const int Block = 1024;

    /// <summary>Σ of the terms of x and y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Of<TTerm>(float* x, float* y, int length)
        where TTerm : struct, ITerm
    {
        double total = 0;
        int width = Lanes.Count;
        for (int start = 0; start < length; start += Block)
        {
            int i = start, end = Math.Min(start + Block, length);
            Vector<float> s0 = default, s1 = default, s2 = default, s3 = default;
            for (; i <= end - (4 * width); i += 4 * width)
            {
                s0 += TTerm.Of(Lanes.Load(x + i), Lanes.Load(y + i));
                s1 += TTerm.Of(Lanes.Load(x + i + width), Lanes.Load(y + i + width));
                s2 += TTerm.Of(Lanes.Load(x + i + (2 * width)), Lanes.Load(y + i + (2 * width)));
                s3 += TTerm.Of(Lanes.Load(x + i + (3 * width)), Lanes.Load(y + i + (3 * width)));
            }
            for (; i <= end - width; i += width) s0 += TTerm.Of(Lanes.Load(x + i), Lanes.Load(y + i));
            if (i < end) s1 += TTerm.Of(Lanes.Load(x + i, end - i), Lanes.Load(y + i, end - i));
            Vector.Widen(s0 + s1, out Vector<double> a, out Vector<double> b);
            Vector.Widen(s2 + s3, out Vector<double> c, out Vector<double> d);
            total += Vector.Sum(a + b + (c + d));
        }
        return total;
    }

    /// <summary>The largest element; NaN or not, whichever the comparison gives: callers see a NaN in what they compute next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Max(float* x, int length)
    {
        var lowest = new Vector<float>(float.NegativeInfinity);
        Vector<float> max = lowest;
        int i = 0, width = Lanes.Count;
        for (; i <= length - width; i += width) max = Vector.MaxNative(max, Lanes.Load(x + i));
        if (i < length) max = Vector.MaxNative(max, Vector.ConditionalSelect(Lanes.From(length - i), lowest, Lanes.Load(x + i, length - i)));
        float result = max[0];
        for (int lane = 1; lane < width; lane++) result = MathF.Max(result, max[lane]);
        return result;
    }

    /// <summary>
    /// For each of <paramref name="columns"/> columns, Σ over rows [first, end) of a walk, into double. Blocks of 64 rows in float, blocks in double;
    /// columns are independent, so any strip of them may be asked for.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Columns(float* x, in Walk rows, int first, int end, int columns, double* sums)
    {
        const int RowBlock = 64;
        int width = Lanes.Count, half = Vector<double>.Count, column = 0;
        for (; column <= columns - (4 * width); column += 4 * width)
        {
            Vector<double> d0 = default, d1 = default, d2 = default, d3 = default, d4 = default, d5 = default, d6 = default, d7 = default;
            for (int start = first; start < end; start += RowBlock)
            {
                Vector<float> s0 = default, s1 = default, s2 = default, s3 = default;
                for (int row = start; row < Math.Min(start + RowBlock, end); row++)
                {
                    float* from = x + rows.At(row) + column;
                    s0 += Lanes.Load(from);
                    s1 += Lanes.Load(from + width);
                    s2 += Lanes.Load(from + (2 * width));
                    s3 += Lanes.Load(from + (3 * width));
                }
                AddWidened(s0, ref d0, ref d1);
                AddWidened(s1, ref d2, ref d3);
                AddWidened(s2, ref d4, ref d5);
                AddWidened(s3, ref d6, ref d7);
            }
            d0.Store(sums + column);
            d1.Store(sums + column + half);
            d2.Store(sums + column + (2 * half));
            d3.Store(sums + column + (3 * half));
            d4.Store(sums + column + (4 * half));
            d5.Store(sums + column + (5 * half));
            d6.Store(sums + column + (6 * half));
            d7.Store(sums + column + (7 * half));
        }
        double* padded = stackalloc double[width];
        for (; column < columns; column += width)
        {
            int count = Math.Min(width, columns - column);
            Vector<double> low = default, high = default;
            for (int start = first; start < end; start += RowBlock)
            {
                Vector<float> sum = default;
                for (int row = start; row < Math.Min(start + RowBlock, end); row++) sum += Lanes.Load(x + rows.At(row) + column, count);
                AddWidened(sum, ref low, ref high);
            }
            low.Store(padded);
            high.Store(padded + half);
            for (int lane = 0; lane < count; lane++) sums[column + lane] = padded[lane];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddWidened(Vector<float> sum, ref Vector<double> low, ref Vector<double> high)
    {
        Vector.Widen(sum, out Vector<double> a, out Vector<double> b);
        low += a;
        high += b;
    }
}
