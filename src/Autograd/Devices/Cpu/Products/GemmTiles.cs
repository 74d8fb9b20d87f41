using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ResearchFreeze.Autograd;

/// <summary>A strip of tiles one below the other, of any height and of any width up to a micro-kernel's.</summary>
internal static unsafe class GemmTiles<TKernel>
    where TKernel : struct, IGemmKernel
{
    // Products after which a line that was asked for has come from memory.
    private const int LongSum = 64;

    // Products below which two tiles with a remainder are made one by one.
    private const int ShortSum = 32;

    /// <summary>
    /// C ← activation(init + A·B + beta·C) for a strip of C, as the micro-kernel says. Of the last tile more rows of A are read than there are, up to a full tile's. What hangs over the right edge is computed in a spare tile
    /// by the same kernels, and only its valid part copied. A strip is one call, because for short sums calls would cost as much as the products.
    /// </summary>
    /// <param name="k">Products a sum.</param>
    /// <param name="a">The first row of A.</param>
    /// <param name="strideRow">From one row of A to the next in a tile.</param>
    /// <param name="strideA">From one k to the next in A.</param>
    /// <param name="strideTile">From one tile's rows of A to the next's.</param>
    /// <param name="b">The first row of B's columns.</param>
    /// <param name="strideB">From one k to the next in B.</param>
    /// <param name="init">What every row's sum begins with.</param>
    /// <param name="c">The strip.</param>
    /// <param name="strideC">From one of its rows to the next.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="beta">0 overwrites and does not read.</param>
    /// <param name="activation">Applied to what is stored.</param>
    /// <param name="spare">Room for a tile.</param>
    /// <param name="ahead">What is asked for meanwhile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Compute(
        int k, float* a, nint strideRow, nint strideA, nint strideTile, float* b, nint strideB, float* init, float* c, nint strideC, int rows, int columns, float beta, Activation activation, float* spare, GemmAhead ahead = default)
    {
        if (columns == TKernel.Columns)
        {
            for (; rows >= TKernel.Rows; rows -= TKernel.Rows, a += strideTile, c += TKernel.Rows * strideC)
            {
                if (k >= LongSum) Prefetch(c, strideC);
                ahead.Ask();
                TKernel.Run<AllRows, TwoVectors>(k, a, strideRow, strideA, b, strideB, init, c, strideC, TKernel.Rows, beta);
                if (activation != Activation.None) GemmActivation.Apply(activation, c, strideC, TKernel.Rows, columns);
            }
        }
        // What a short sum costs is its spare tile, of which a pair's is the larger.
        else if (columns == TKernel.Columns / 2 || (columns < TKernel.Columns / 2 && k >= ShortSum))
        {
            for (; rows >= 2 * TKernel.Rows; rows -= 2 * TKernel.Rows, a += 2 * strideTile, c += 2 * TKernel.Rows * strideC)
                Pair(k, a, strideRow, strideA, strideTile, b, strideB, init, c, strideC, columns, beta, activation, spare);
        }
        for (; rows > 0; rows -= TKernel.Rows, a += strideTile, c += TKernel.Rows * strideC)
            Tile(k, a, strideRow, strideA, b, strideB, init, c, strideC, Math.Min(TKernel.Rows, rows), columns, beta, activation, spare);
    }

    /// <summary>Brings a tile to the cache while its sums run: stores to lines that are not there wait for memory, one after the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(float* c, nint strideC)
    {
        if (!Sse.IsSupported) return;
        for (int row = 0; row < TKernel.Rows; row++, c += strideC)
        {
            Sse.Prefetch0(c);
            Sse.Prefetch0(c + TKernel.Columns - 1);
        }
    }

    /// <summary>Two full tiles of at most one vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pair(
        int k, float* a, nint strideRow, nint strideA, nint strideTile, float* b, nint strideB, float* init, float* c, nint strideC, int columns, float beta, Activation activation, float* spare)
    {
        int width = TKernel.Columns / 2, rows = 2 * TKernel.Rows;
        if (columns == width)
        {
            TKernel.RunPair(k, a, strideRow, strideA, strideTile, b, strideB, init, c, strideC, beta);
            GemmActivation.Apply(activation, c, strideC, rows, columns);
            return;
        }
        if (beta != 0) ConvolutionCopies.Copy(c, strideC, spare, rows, columns, width);
        TKernel.RunPair(k, a, strideRow, strideA, strideTile, b, strideB, init, spare, width, beta);
        GemmActivation.Apply(activation, spare, width, rows, columns);
        ConvolutionCopies.Copy(spare, width, c, rows, columns, strideC);
    }

    /// <summary>One tile, in groups of rows that a kernel exists for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile(
        int k, float* a, nint strideRow, nint strideA, float* b, nint strideB, float* init, float* c, nint strideC, int rows, int columns, float beta, Activation activation, float* spare)
    {
        bool wide = columns > TKernel.Columns / 2;
        int width = wide ? TKernel.Columns : TKernel.Columns / 2;
        for (int row = 0; row < rows;)
        {
            int left = rows - row, height = left > TKernel.Rows - TKernel.FewRows ? TKernel.Rows : left > 1 ? TKernel.FewRows : 1;
            int valid = Math.Min(height, left);
            if (columns == width)
            {
                Run(k, a + (row * strideRow), strideRow, strideA, b, strideB, init, c, strideC, valid, beta, height, wide);
                GemmActivation.Apply(activation, c, strideC, valid, columns);
            }
            else
            {
                if (beta != 0) ConvolutionCopies.Copy(c, strideC, spare, valid, columns, TKernel.Columns);
                Run(k, a + (row * strideRow), strideRow, strideA, b, strideB, init, spare, TKernel.Columns, valid, beta, height, wide);
                GemmActivation.Apply(activation, spare, TKernel.Columns, valid, columns);
                ConvolutionCopies.Copy(spare, TKernel.Columns, c, valid, columns, strideC);
            }
            row += valid;
            c += valid * strideC;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Run(int k, float* a, nint strideRow, nint strideA, float* b, nint strideB, float* init, float* c, nint strideC, int valid, float beta, int height, bool wide)
    {
        if (height == TKernel.Rows)
        {
            if (wide) TKernel.Run<AllRows, TwoVectors>(k, a, strideRow, strideA, b, strideB, init, c, strideC, valid, beta);
            else TKernel.Run<AllRows, OneVector>(k, a, strideRow, strideA, b, strideB, init, c, strideC, valid, beta);
        }
        else if (height > 1)
        {
            if (wide) TKernel.Run<SomeRows, TwoVectors>(k, a, strideRow, strideA, b, strideB, init, c, strideC, valid, beta);
            else TKernel.Run<SomeRows, OneVector>(k, a, strideRow, strideA, b, strideB, init, c, strideC, valid, beta);
        }
        else
        {
            if (wide) TKernel.Run<OneRow, TwoVectors>(k, a, strideRow, strideA, b, strideB, init, c, strideC, valid, beta);
            else TKernel.Run<OneRow, OneVector>(k, a, strideRow, strideA, b, strideB, init, c, strideC, valid, beta);
        }
    }
}
