using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>How a product is cut and stored, as a kernel argument.</summary>
internal struct ProductArguments
{
    public int M, N, K, Batches, TilesM, TilesN, Chunk, Chunks, LeadingC, StrideC, StrideBias, HasBias, Activation;
    public float Beta;
}

/// <summary>
/// Products of matrices and convolutions, which are products of images seen as matrices (no such matrix is ever stored). A group makes a tile of C: its threads copy a slice of both operands to shared memory
/// while they multiply the slice before, each adding up 8×8 results in registers. The order of a sum is that of the depth; long sums are cut into chunks by the shape alone and added by a second kernel.
/// </summary>
internal static class ProductKernels
{
    /// <summary>Elements along a tile's edge that a thread makes.</summary>
    public const int PerThread = 8;

    /// <summary>C ← activation(A·B + bias) + beta·C, or a chunk's part of A·B; one group a tile and chunk.</summary>
    internal static void Tiled<TA, TB, TTile>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> bias, TA sourceA, TB sourceB, ProductArguments p)
        where TA : unmanaged, ITileSource
        where TB : unmanaged, ITileSource
        where TTile : struct, IProductTile
    {
        // Two slices of each operand.
        ArrayView<Four> tileA = SharedMemory.Allocate<Four>(2 * TTile.Depth * TileCopy.RowSlots(TTile.Rows)), tileB = SharedMemory.Allocate<Four>(2 * TTile.Depth * TileCopy.RowSlots(TTile.Columns));
        int rows = TTile.Rows, columns = TTile.Columns, depth = TTile.Depth, thread = Group.IdxX, ty = thread / columns, tx = thread - (ty * columns);
        int rowA = TileCopy.RowSlots(rows), rowB = TileCopy.RowSlots(columns), sliceA = depth * rowA, sliceB = depth * rowB;
        TilePlace place = TilePlace.Of(Grid.IdxX, p);
        int from = place.Chunk * p.Chunk, end = from + p.Chunk < p.K ? from + p.Chunk : p.K;
        if (TA.IsScattered) end = sourceA.End(place.Batch, end);
        TileCopy copyA = TileCopy.Start<TA, TTile>(sourceA, place.Batch, place.Row, rows, from, end), copyB = TileCopy.Start<TB, TTile>(sourceB, place.Batch, place.Column, columns, from, end);
        // A square tile's thread has four elements of each operand to copy: they wait in registers during the product. More would not fit there.
        bool isAhead = rows == columns;
        Results results = default;

        TileCopy.All<TA, TTile>(copyA, sourceA, a, tileA, rows);
        TileCopy.All<TB, TTile>(copyB, sourceB, b, tileB, columns);
        Group.Barrier();
        int now = 0;
        for (int slices = (end - from + depth - 1) / depth; slices > 0; slices--)
        {
            // The next slice is on its way while this one is multiplied; beyond the end it is zeros that nobody reads.
            copyA.Depth = sourceA.Advance(copyA.Depth, depth);
            copyB.Depth = sourceB.Advance(copyB.Depth, depth);
            ArrayView<Four> nextSliceA = tileA.SubView((1 - now) * sliceA), nextSliceB = tileB.SubView((1 - now) * sliceB);
            Four nextA = default, nextB = default;
            if (isAhead)
            {
                nextA = sourceA.Read(a, copyA.Line0, copyA.Depth);
                nextB = sourceB.Read(b, copyB.Line0, copyB.Depth);
            }
            else
            {
                TileCopy.All<TA, TTile>(copyA, sourceA, a, nextSliceA, rows);
                TileCopy.All<TB, TTile>(copyB, sourceB, b, nextSliceB, columns);
            }
            // Two steps at a time, at constant distances from one address an operand: what is not a multiplication does not count.
            for (int k = 0; k < depth; k += 2)
            {
                ArrayView<Four> nearA = tileA.SubView((now * sliceA) + (k * rowA) + ty), nearB = tileB.SubView((now * sliceB) + (k * rowB) + tx);
                results = Results.Add(results, nearA[0], nearA[rows], nearB[0], nearB[columns]);
                results = Results.Add(results, nearA[rowA], nearA[rowA + rows], nearB[rowB], nearB[rowB + columns]);
            }
            if (isAhead)
            {
                TileCopy.Put<TA, TTile>(nextSliceA, nextA, 0, rows);
                TileCopy.Put<TB, TTile>(nextSliceB, nextB, 0, columns);
            }
            now = 1 - now;
            Group.Barrier();
        }
        Store<TA, TTile>(results, rows >= columns ? tileA : tileB, c, bias, sourceA, p);
    }

    /// <summary>C ← activation(results + bias) + beta·C.</summary>
    private static void Store<TA, TTile>(Results results, ArrayView<Four> space, ArrayView<float> c, ArrayView<float> bias, TA sourceA, ProductArguments p)
        where TA : unmanaged, ITileSource
        where TTile : struct, IProductTile
    {
        int rows = TTile.Rows, columns = TTile.Columns, edge = columns * PerThread, thread = Group.IdxX, ty = thread / columns, tx = thread - (ty * columns);
        TilePlace place = TilePlace.Of(Grid.IdxX, p);                // again: it would take registers during the product
        if (p.Chunks > 1)
        {
            // A chunk's sums lie as a product of their own; a second kernel adds them and does the rest.
            place.Batch += place.Chunk * p.Batches;
            p.LeadingC = p.N;
            p.StrideC = p.M * p.N;
            p.HasBias = 0;
            p.Activation = 0;
            p.Beta = 0f;
        }
        // Through shared memory, each thread's row by row: neighbouring threads store neighbouring elements, and the formulas are there once, not 64 times.
        ArrayView<float> cells = space.Cast<float>();
        int firstRow = place.Row * rows * PerThread, firstColumn = place.Column * edge;
        for (int i = 0; i < PerThread; i++)
        {
            space[(ty * (edge / 4)) + tx] = new Four(results.R0.C0, results.R0.C1, results.R0.C2, results.R0.C3);
            space[(ty * (edge / 4)) + columns + tx] = new Four(results.R0.C4, results.R0.C5, results.R0.C6, results.R0.C7);
            results = Results.Turn(results);
            Group.Barrier();
            for (int cell = thread; cell < rows * edge; cell += rows * columns)
            {
                int row = cell / edge, n = firstColumn + cell - (row * edge), m = firstRow + (4 * row) + i + (i < 4 ? 0 : (4 * rows) - 4);
                if (m >= p.M || n >= p.N) continue;
                float value = p.HasBias != 0 ? cells[cell] + bias[(place.Batch * p.StrideBias) + n] : cells[cell];
                int start = TA.IsScattered ? sourceA.Row(place.Batch, m) : (place.Batch * p.StrideC) + (m * p.LeadingC);
                if (!TA.IsScattered || start >= 0) Cell.Store(c, start + n, Cell.Activate(value, p.Activation), p.Beta);
            }
            Group.Barrier();
        }
    }
}
