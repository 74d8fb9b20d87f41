using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>A <see cref="GemmShape"/> as a kernel argument, with the store's options.</summary>
internal struct GemmArguments
{
    public int M, N, K, LeadingA, LeadingB, LeadingC, StrideA, StrideB, StrideC;
    public int TransposeA, TransposeB, TilesM, TilesN, HasBias, Activation;
    public float Beta;
}

/// <summary>
/// The matrix product: a group makes a tile of C from tiles of A and B in shared memory, a thread 2×2 of its elements. The order of a sum is that of K.
/// </summary>
internal static class GemmKernels
{
    /// <summary>Rows and columns of C that a group makes.</summary>
    public const int Tile = 32;

    /// <summary>Threads of a group.</summary>
    public const int Threads = 256;

    private const int Depth = 16, Side = 16;          // Depth: how much of K is in shared memory; Side: threads along a tile's edge

    internal static void Gemm(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> bias, GemmArguments shape)
    {
        ArrayView<float> tileA = SharedMemory.Allocate<float>(Depth * (Tile + 1));     // k by m; one column more, so that writing along k hits different banks
        ArrayView<float> tileB = SharedMemory.Allocate<float>(Depth * (Tile + 1));     // k by n
        int thread = Group.IdxX, tile = Grid.IdxX;
        int batch = tile / (shape.TilesM * shape.TilesN);
        tile -= batch * (shape.TilesM * shape.TilesN);
        int tileRow = tile / shape.TilesN;
        int firstRow = tileRow * Tile, firstColumn = (tile - (tileRow * shape.TilesN)) * Tile;
        long startA = (long)batch * shape.StrideA, startB = (long)batch * shape.StrideB, startC = (long)batch * shape.StrideC;
        int ty = thread / Side, tx = thread - (ty * Side);
        float c00 = 0f, c01 = 0f, c10 = 0f, c11 = 0f;
        for (int first = 0; first < shape.K; first += Depth)
        {
            // Neighbouring threads read neighbouring elements, whichever way an operand is stored.
            for (int i = thread; i < Depth * Tile; i += Threads)
            {
                int k = shape.TransposeA != 0 ? i / Tile : i % Depth;
                int m = shape.TransposeA != 0 ? i % Tile : i / Depth;
                int row = firstRow + m, depth = first + k;
                float value = 0f;
                if (row < shape.M && depth < shape.K)
                    value = a[startA + (shape.TransposeA != 0 ? ((long)depth * shape.LeadingA) + row : ((long)row * shape.LeadingA) + depth)];
                tileA[(k * (Tile + 1)) + m] = value;
            }
            for (int i = thread; i < Depth * Tile; i += Threads)
            {
                int k = shape.TransposeB != 0 ? i % Depth : i / Tile;
                int n = shape.TransposeB != 0 ? i / Depth : i % Tile;
                int column = firstColumn + n, depth = first + k;
                float value = 0f;
                if (column < shape.N && depth < shape.K)
                    value = b[startB + (shape.TransposeB != 0 ? ((long)column * shape.LeadingB) + depth : ((long)depth * shape.LeadingB) + column)];
                tileB[(k * (Tile + 1)) + n] = value;
            }
            Group.Barrier();
            for (int k = 0; k < Depth; k++)
            {
                float a0 = tileA[(k * (Tile + 1)) + ty], a1 = tileA[(k * (Tile + 1)) + ty + Side];
                float b0 = tileB[(k * (Tile + 1)) + tx], b1 = tileB[(k * (Tile + 1)) + tx + Side];
                c00 += a0 * b0;
                c01 += a0 * b1;
                c10 += a1 * b0;
                c11 += a1 * b1;
            }
            Group.Barrier();
        }
        Put(c, bias, shape, startC, firstRow + ty, firstColumn + tx, c00);
        Put(c, bias, shape, startC, firstRow + ty, firstColumn + tx + Side, c01);
        Put(c, bias, shape, startC, firstRow + ty + Side, firstColumn + tx, c10);
        Put(c, bias, shape, startC, firstRow + ty + Side, firstColumn + tx + Side, c11);
    }

    private static void Put(ArrayView<float> c, ArrayView<float> bias, GemmArguments shape, long start, int row, int column, float value)
    {
        if (row >= shape.M || column >= shape.N) return;
        if (shape.HasBias != 0) value += bias[column];
        value = Cell.Activate(value, shape.Activation);
        long i = start + ((long)row * shape.LeadingC) + column;
        if (shape.Beta != 0f) value += shape.Beta * c[i];
        c[i] = value;
    }
}
