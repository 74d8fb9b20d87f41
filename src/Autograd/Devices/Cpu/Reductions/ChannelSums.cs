using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Sums over a chunk of rows for each channel: a block's lanes side by side in float (<see cref="ChannelBlocks"/> keeps a chunk to 128 or so additions a lane), then the rows of a block in order in double.
/// </summary>
internal static unsafe class ChannelSums
{
    // Floats from one block to the next up to which columns of blocks are read.
    private const int LongestStride = 128;

    /// <summary>Adds the chunk's sums to <paramref name="first"/> and <paramref name="second"/>, one a channel.</summary>
    /// <param name="blocks">How rows fill vectors.</param>
    /// <param name="x">The chunk's first row.</param>
    /// <param name="center">A block of coefficients.</param>
    /// <param name="dz">The chunk's first row of gradients, where they are used.</param>
    /// <param name="rows">Rows of the chunk.</param>
    /// <param name="lanes">Space for two blocks.</param>
    /// <param name="first">The first sum of each channel.</param>
    /// <param name="second">The second, where there is one.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add<TTerm>(in ChannelBlocks blocks, float* x, float* center, float* dz, int rows, float* lanes, double* first, double* second)
        where TTerm : struct, IChannelTerm
    {
        int channels = blocks.Channels, length = blocks.Length, whole = rows / blocks.BlockRows, width = Lanes.Count;
        float* others = lanes + length;
        int done = length <= LongestStride ? AddColumns<TTerm>(x, center, dz, whole, length, lanes) : AddBlocks<TTerm>(x, center, dz, whole, length, lanes);
        // Blocks that are left and rows that fill none: lanes that are missing are zero in every operand.
        nint all = (nint)rows * channels;
        for (nint from = (nint)done * length; from < all; from += length)
        {
            int end = (int)Math.Min(length, all - from);
            for (int at = 0; at < end; at += width)
            {
                int count = Math.Min(width, end - at);
                Vector<float> a = Lanes.Load(lanes + at, count), b = TTerm.IsPair ? Lanes.Load(others + at, count) : default;
                TTerm.Add(Lanes.Load(x + from + at, count), Lanes.Load(center + at, count), Gradient<TTerm>(dz + from + at, count), ref a, ref b);
                Lanes.Store(a, lanes + at, count);
                if (TTerm.IsPair) Lanes.Store(b, others + at, count);
            }
        }
        AddRows(lanes, blocks.BlockRows, channels, first);
        if (TTerm.IsPair) AddRows(others, blocks.BlockRows, channels, second);
    }

    /// <summary>Short blocks: four vectors of every block at a time, with their sums in registers. Returns the blocks that are done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int AddColumns<TTerm>(float* x, float* center, float* dz, int blocks, int length, float* lanes)
        where TTerm : struct, IChannelTerm
    {
        int width = Lanes.Count, i = 0;
        float* others = lanes + length;
        for (; i <= length - (4 * width); i += 4 * width)
        {
            Vector<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
            Vector<float> c0 = Lanes.Load(center + i), c1 = Lanes.Load(center + i + width), c2 = Lanes.Load(center + i + (2 * width)), c3 = Lanes.Load(center + i + (3 * width));
            float* from = x + i, gradient = dz + i;
            for (int block = 0; block < blocks; block++, from += length, gradient += length)
            {
                TTerm.Add(Lanes.Load(from), c0, Gradient<TTerm>(gradient), ref a0, ref b0);
                TTerm.Add(Lanes.Load(from + width), c1, Gradient<TTerm>(gradient + width), ref a1, ref b1);
                TTerm.Add(Lanes.Load(from + (2 * width)), c2, Gradient<TTerm>(gradient + (2 * width)), ref a2, ref b2);
                TTerm.Add(Lanes.Load(from + (3 * width)), c3, Gradient<TTerm>(gradient + (3 * width)), ref a3, ref b3);
            }
            a0.Store(lanes + i);
            a1.Store(lanes + i + width);
            a2.Store(lanes + i + (2 * width));
            a3.Store(lanes + i + (3 * width));
            if (!TTerm.IsPair) continue;
            b0.Store(others + i);
            b1.Store(others + i + width);
            b2.Store(others + i + (2 * width));
            b3.Store(others + i + (3 * width));
        }
        for (; i < length; i += width)
        {
            int count = Math.Min(width, length - i);
            Vector<float> a = default, b = default, middle = Lanes.Load(center + i, count);
            float* from = x + i, gradient = dz + i;
            for (int block = 0; block < blocks; block++, from += length, gradient += length)
                TTerm.Add(Lanes.Load(from, count), middle, Gradient<TTerm>(gradient, count), ref a, ref b);
            Lanes.Store(a, lanes + i, count);
            if (TTerm.IsPair) Lanes.Store(b, others + i, count);
        }
        return blocks;
    }

    /// <summary>Long blocks: four of them side by side from end to end, with the sums in the first-level cache. Columns of them would use a few lines of it only. Returns the blocks that are done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int AddBlocks<TTerm>(float* x, float* center, float* dz, int blocks, int length, float* lanes)
        where TTerm : struct, IChannelTerm
    {
        int width = Lanes.Count, done = 0;
        float* others = lanes + length;
        new Span<float>(lanes, length).Clear();
        if (TTerm.IsPair) new Span<float>(others, length).Clear();
        for (; done <= blocks - 4; done += 4)
        {
            float* x0 = x + ((nint)done * length), x1 = x0 + length, x2 = x1 + length, x3 = x2 + length;
            float* d0 = dz + ((nint)done * length), d1 = d0 + length, d2 = d1 + length, d3 = d2 + length;
            int i = 0;
            for (; i <= length - width; i += width)
            {
                Vector<float> a = Lanes.Load(lanes + i), b = TTerm.IsPair ? Lanes.Load(others + i) : default, middle = Lanes.Load(center + i);
                TTerm.Add(Lanes.Load(x0 + i), middle, Gradient<TTerm>(d0 + i), ref a, ref b);
                TTerm.Add(Lanes.Load(x1 + i), middle, Gradient<TTerm>(d1 + i), ref a, ref b);
                TTerm.Add(Lanes.Load(x2 + i), middle, Gradient<TTerm>(d2 + i), ref a, ref b);
                TTerm.Add(Lanes.Load(x3 + i), middle, Gradient<TTerm>(d3 + i), ref a, ref b);
                a.Store(lanes + i);
                if (TTerm.IsPair) b.Store(others + i);
            }
            if (i == length) continue;
            int rest = length - i;
            Vector<float> lastA = Lanes.Load(lanes + i, rest), lastB = TTerm.IsPair ? Lanes.Load(others + i, rest) : default, lastMiddle = Lanes.Load(center + i, rest);
            TTerm.Add(Lanes.Load(x0 + i, rest), lastMiddle, Gradient<TTerm>(d0 + i, rest), ref lastA, ref lastB);
            TTerm.Add(Lanes.Load(x1 + i, rest), lastMiddle, Gradient<TTerm>(d1 + i, rest), ref lastA, ref lastB);
            TTerm.Add(Lanes.Load(x2 + i, rest), lastMiddle, Gradient<TTerm>(d2 + i, rest), ref lastA, ref lastB);
            TTerm.Add(Lanes.Load(x3 + i, rest), lastMiddle, Gradient<TTerm>(d3 + i, rest), ref lastA, ref lastB);
            Lanes.Store(lastA, lanes + i, rest);
            if (TTerm.IsPair) Lanes.Store(lastB, others + i, rest);
        }
        return done;
    }

    /// <summary>Each channel's mean over some rows, and its square sum about that mean. The rows are read twice: for about where the mean is, then for the rest about there.</summary>
    /// <param name="blocks">How rows fill vectors; of these, one chunk at most.</param>
    /// <param name="x">The first row.</param>
    /// <param name="rows">How many.</param>
    /// <param name="space">Space for three blocks.</param>
    /// <param name="means">Receives a mean a channel.</param>
    /// <param name="squares">Receives a square sum a channel.</param>
    public static void Moments(in ChannelBlocks blocks, float* x, int rows, float* space, double* means, double* squares)
    {
        int channels = blocks.Channels;
        float* center = space, lanes = space + blocks.Length;
        new Span<float>(center, blocks.Length).Clear();
        new Span<double>(means, channels).Clear();
        Add<ElementTerm>(blocks, x, center, null, rows, lanes, means, null);
        for (int c = 0; c < channels; c++)
        {
            center[c] = (float)(means[c] / rows);
            means[c] = squares[c] = 0;
        }
        blocks.Repeat(center);
        Add<DistanceTerms>(blocks, x, center, null, rows, lanes, means, squares);
        for (int c = 0; c < channels; c++)
        {
            // Σ(x − m)² = Σ(x − c)² − n·(m − c)², with an m that is as near to c as floats allow.
            double off = means[c] / rows;
            squares[c] = Math.Max(0, squares[c] - (off * means[c]));
            means[c] = center[c] + off;
        }
    }

    /// <summary>Adds some more rows' means and square sums to those of <paramref name="count"/> rows: two sets' make those of both (Chan, Golub and LeVeque 1979).</summary>
    public static void Join(int channels, double count, double* means, double* squares, int rows, double* moreMeans, double* moreSquares)
    {
        double part = rows / (count + rows), weight = count * part;
        for (int c = 0; c < channels; c++)
        {
            double distance = moreMeans[c] - means[c];
            squares[c] += moreSquares[c] + (distance * distance * weight);
            means[c] += distance * part;
        }
    }

    private static void AddRows(float* lanes, int rows, int channels, double* to)
    {
        for (int row = 0; row < rows; row++, lanes += channels)
        {
            for (int c = 0; c < channels; c++) to[c] += lanes[c];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Gradient<TTerm>(float* from)
        where TTerm : struct, IChannelTerm => TTerm.UsesGradient ? Lanes.Load(from) : default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Gradient<TTerm>(float* from, int count)
        where TTerm : struct, IChannelTerm => TTerm.UsesGradient ? Lanes.Load(from, count) : default;
}
