using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// The micro-kernels by themselves, every height and width, packed and in place, against sums in double. Also those that this processor lacks the instructions for: the runtime emulates them, so that AVX-512's arithmetic is
/// checked on machines without it.
/// </summary>
[EverySimdLevel]
public sealed unsafe class GemmKernelTests
{
    private const int Depth = 13;
    private const float Untouched = 7;

    [Fact]
    public void Vector128() => Check<GemmVector128>();

    [Fact]
    public void Avx2() => Check<GemmAvx2>();

    [Fact]
    public void Avx512() => Check<GemmAvx512>();

    private static void Check<TKernel>()
        where TKernel : struct, IGemmKernel
    {
        Check<TKernel, AllRows, TwoVectors>(TKernel.Rows, TKernel.Columns);
        Check<TKernel, AllRows, OneVector>(TKernel.Rows, TKernel.Columns / 2);
        Check<TKernel, SomeRows, TwoVectors>(TKernel.FewRows, TKernel.Columns);
        Check<TKernel, SomeRows, OneVector>(TKernel.FewRows, TKernel.Columns / 2);
        Check<TKernel, OneRow, TwoVectors>(1, TKernel.Columns);
        Check<TKernel, OneRow, OneVector>(1, TKernel.Columns / 2);
        // Two packed panels; two tiles of rows in order, which follow one another or do not.
        foreach ((int strideRow, int strideA, int strideTile) in (ReadOnlySpan<(int, int, int)>)[(1, TKernel.Rows, TKernel.Rows * Depth), (Depth, 1, TKernel.Rows * Depth), (Depth + 5, 1, (TKernel.Rows * (Depth + 5)) + 3)])
        {
            foreach (float beta in (ReadOnlySpan<float>)[0, 1, -0.5f]) CheckPair<TKernel>(strideRow, strideA, strideTile, beta);
        }
    }

    private static void CheckPair<TKernel>(int strideRow, int strideA, int strideTile, float beta)
        where TKernel : struct, IGemmKernel
    {
        int width = TKernel.Columns / 2, strideB = width + 2, strideC = width + 1, rows = 2 * TKernel.Rows;
        float[] a = Draw(strideTile + (TKernel.Rows * strideRow) + (Depth * strideA)), b = Draw(Depth * strideB), init = Draw(width), old = Draw(rows * strideC);
        float[] c = [.. old.Select((value, i) => i % strideC < width ? beta == 0 ? float.NaN : value : Untouched)];
        fixed (float* pa = a, pb = b, pi = init, pc = c) TKernel.RunPair(Depth, pa, strideRow, strideA, strideTile, pb, strideB, pi, pc, strideC, beta);
        for (int i = 0; i < c.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, strideC);
            if (column >= width)
            {
                Assert.Equal(Untouched, c[i]);
                continue;
            }
            double expected = init[column] + (beta * (double)old[i]);
            int start = (row / TKernel.Rows * strideTile) + (row % TKernel.Rows * strideRow);
            for (int k = 0; k < Depth; k++) expected += a[start + (k * strideA)] * (double)b[(k * strideB) + column];
            Assert.Equal(expected, c[i], 1e-5);
        }
    }

    private static void Check<TKernel, TRows, TColumns>(int height, int width)
        where TKernel : struct, IGemmKernel
        where TRows : struct, ITileRows
        where TColumns : struct, ITileColumns
    {
        // A packed panel; rows in order; rows in order and further apart; a panel whose columns are further apart.
        foreach ((int strideRow, int strideA) in (ReadOnlySpan<(int, int)>)[(1, TKernel.Rows), (Depth, 1), (Depth + 5, 1), (1, TKernel.Rows + 3)])
        {
            foreach (float beta in (ReadOnlySpan<float>)[0, 1, -0.5f])
            {
                for (int rows = 1; rows <= height; rows++) Check<TKernel, TRows, TColumns>(width, strideRow, strideA, rows, beta);
            }
        }
    }

    private static void Check<TKernel, TRows, TColumns>(int width, int strideRow, int strideA, int rows, float beta)
        where TKernel : struct, IGemmKernel
        where TRows : struct, ITileRows
        where TColumns : struct, ITileColumns
    {
        int strideB = TKernel.Columns + 2, strideC = TKernel.Columns + 1;
        float[] a = Draw((TKernel.Rows * strideRow) + (Depth * strideA)), b = Draw(Depth * strideB), init = Draw(TKernel.Columns), old = Draw(TKernel.Rows * strideC);
        float[] c = [.. old.Select((value, i) => i / strideC < rows && i % strideC < width ? beta == 0 ? float.NaN : value : Untouched)];
        fixed (float* pa = a, pb = b, pi = init, pc = c) TKernel.Run<TRows, TColumns>(Depth, pa, strideRow, strideA, pb, strideB, pi, pc, strideC, rows, beta);
        for (int i = 0; i < c.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, strideC);
            if (row >= rows || column >= width)
            {
                Assert.Equal(Untouched, c[i]);
                continue;
            }
            double expected = init[column] + (beta * (double)old[i]);
            for (int k = 0; k < Depth; k++) expected += a[(row * strideRow) + (k * strideA)] * (double)b[(k * strideB) + column];
            Assert.Equal(expected, c[i], 1e-5);
        }
    }

    // The same values at each call would make operands alike: a length of its own gives each a stream of its own.
    private static float[] Draw(int count)
    {
        var random = new RandomStream(5, $"tile {count}");
        var values = new float[count];
        for (int i = 0; i < count; i++) values[i] = (float)random.NextDouble() - 0.5f;
        return values;
    }
}
