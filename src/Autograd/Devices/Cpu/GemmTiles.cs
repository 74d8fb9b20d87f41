using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Tiles of any size up to a micro-kernel's.</summary>
internal static unsafe class GemmTiles<TKernel>
    where TKernel : struct, IGemmKernel
{
    /// <summary>
    /// One tile of C, in groups of rows that a kernel exists for; rows of A up to a full tile's are read. What hangs over the right edge is computed in a spare tile by the same kernels, and only its valid part copied.
    /// </summary>
    public static void Compute(
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
                if (beta != 0) Copy(c, strideC, spare, TKernel.Columns, valid, columns);
                Run(k, a + (row * strideRow), strideRow, strideA, b, strideB, init, spare, TKernel.Columns, valid, beta, height, wide);
                GemmActivation.Apply(activation, spare, TKernel.Columns, valid, columns);
                Copy(spare, TKernel.Columns, c, strideC, valid, columns);
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

    private static void Copy(float* from, nint strideFrom, float* to, nint strideTo, int rows, int columns)
    {
        for (int row = 0; row < rows; row++, from += strideFrom, to += strideTo) new Span<float>(from, columns).CopyTo(new Span<float>(to, columns));
    }
}
