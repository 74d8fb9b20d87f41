using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>The products of attention, between rows that lie in a thread's work space.</summary>
internal static unsafe class AttentionProducts<TKernel>
    where TKernel : struct, IGemmKernel
{
    /// <summary>Rows, panel by panel: element c of a panel's rows side by side, zeros where rows are missing.</summary>
    public static void Turn(float* from, nint stride, int rows, int size, float* to)
    {
        for (int row = 0; row < rows; row += TKernel.Columns, from += TKernel.Columns * stride, to += TKernel.Columns * size)
            GemmPacking.Transposed(from, stride, Math.Min(TKernel.Columns, rows - row), size, to, TKernel.Columns);
    }

    /// <summary>scores ← rows of a copy times turned rows, whole panels of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scores(AttentionSpace space, float* rows, int count, int size, float* turned, int columns, float* scores)
    {
        for (int column = 0; column < columns; column += TKernel.Columns, turned += TKernel.Columns * size)
        {
            GemmTiles<TKernel>.Compute(
                size, rows, space.Width, 1, TKernel.Rows * space.Width, turned, TKernel.Columns, space.Zeros, scores + column, AttentionSpace.ScoreStride, count, TKernel.Columns, 0, Activation.None, space.Tile);
        }
    }

    /// <summary>results ← A times rows of a copy, + results: A is a block of scores, or turned with its strides exchanged.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows(AttentionSpace space, float* a, nint strideRow, nint strideA, int count, int sum, float* rows, float* results, bool adds)
    {
        for (int column = 0; column < space.Width; column += TKernel.Columns)
        {
            GemmTiles<TKernel>.Compute(
                sum, a, strideRow, strideA, TKernel.Rows * strideRow, rows + column, space.Width, space.Zeros, results + column, space.Width, count, Math.Min(TKernel.Columns, space.Width - column), adds ? 1 : 0,
                Activation.None, space.Tile);
        }
    }
}
