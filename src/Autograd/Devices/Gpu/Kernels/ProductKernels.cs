using ILGPU;
using ILGPU.Runtime;

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

    /// <summary>Threads of a group with a large tile, 128×128, or a small one, 64×64.</summary>
    public const int LargeThreads = 256, SmallThreads = 64;

    // With 128 of a multiprocessor's 65536 registers a thread, 512 threads find room.
    private const int ResidentThreads = 512;

    // Slots of four floats: two slices of 8 by 128, and one slot a row more, so that writing along the depth hits different banks.
    private const int LargeSlots = 2 * 8 * 33, SmallSlots = 2 * 4 * 17;

    /// <summary>Tells the assembler to make do with the registers that let as many groups share a multiprocessor.</summary>
    internal static KernelSpecialization Specialization(int threads) => new(threads, ResidentThreads / threads);

    internal static void Large<TA, TB>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> bias, TA sourceA, TB sourceB, ProductArguments p)
        where TA : unmanaged, ITileSource
        where TB : unmanaged, ITileSource =>
        Run<TA, TB, LargeTile>(SharedMemory.Allocate<Four>(LargeSlots), SharedMemory.Allocate<Four>(LargeSlots), a, b, c, bias, sourceA, sourceB, p);

    internal static void Small<TA, TB>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> bias, TA sourceA, TB sourceB, ProductArguments p)
        where TA : unmanaged, ITileSource
        where TB : unmanaged, ITileSource =>
        Run<TA, TB, SmallTile>(SharedMemory.Allocate<Four>(SmallSlots), SharedMemory.Allocate<Four>(SmallSlots), a, b, c, bias, sourceA, sourceB, p);

    private static void Run<TA, TB, TTile>(
        ArrayView<Four> tileA, ArrayView<Four> tileB, ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> bias, TA sourceA, TB sourceB, ProductArguments p)
        where TA : unmanaged, ITileSource
        where TB : unmanaged, ITileSource
        where TTile : struct, IProductTile
    {
        // A slice is half as deep as a tile has threads along an edge: each thread then copies four elements of each operand.
        int side = TTile.Threads, depth = side / 2, edge = side * PerThread, row = (edge / 4) + 1, slice = depth * row;
        int thread = Group.IdxX;
        TilePlace place = TilePlace.Of(Grid.IdxX, p);
        int from = place.Chunk * p.Chunk, end = from + p.Chunk < p.K ? from + p.Chunk : p.K;
        TileCursor atA = Start<TA>(sourceA, place.Batch, place.Row * edge, from, end, thread, depth, edge), atB = Start<TB>(sourceB, place.Batch, place.Column * edge, from, end, thread, depth, edge);
        int ty = thread / side, tx = thread - (ty * side);
        Results results = default;

        Put<TA>(tileA, sourceA.Read(a, atA), thread, 0, depth, edge, row);
        Put<TB>(tileB, sourceB.Read(b, atB), thread, 0, depth, edge, row);
        Group.Barrier();
        int now = 0;
        for (int slices = (end - from + depth - 1) / depth; slices > 0; slices--)
        {
            // The next slice is on its way while this one is multiplied; beyond the end it is zeros that nobody reads.
            atA = sourceA.Advance(atA, depth);
            atB = sourceB.Advance(atB, depth);
            Four nextA = sourceA.Read(a, atA), nextB = sourceB.Read(b, atB);
            // Two steps at a time, at constant distances from one address an operand: what is not a multiplication does not count.
            for (int k = 0; k < depth; k += 2)
            {
                int at = now + (k * row);
                ArrayView<Four> lines = tileA.SubView(at + ty), columns = tileB.SubView(at + tx);
                results = Results.Add(results, lines[0], lines[side], columns[0], columns[side]);
                results = Results.Add(results, lines[row], lines[row + side], columns[row], columns[row + side]);
            }
            now = slice - now;
            Put<TA>(tileA, nextA, thread, now, depth, edge, row);
            Put<TB>(tileB, nextB, thread, now, depth, edge, row);
            Group.Barrier();
        }

        Store<TTile>(results, tileA, c, bias, p);
    }

    /// <summary>C ← activation(results + bias) + beta·C.</summary>
    private static void Store<TTile>(Results results, ArrayView<Four> tile, ArrayView<float> c, ArrayView<float> bias, ProductArguments p)
        where TTile : struct, IProductTile
    {
        int side = TTile.Threads, edge = side * PerThread, thread = Group.IdxX, ty = thread / side, tx = thread - (ty * side);
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
        ArrayView<float> cells = tile.Cast<float>();
        int across = thread / edge, n = (place.Column * edge) + thread - (across * edge), start = (place.Batch * p.StrideC) + n;
        float offset = p.HasBias != 0 && n < p.N ? bias[(place.Batch * p.StrideBias) + n] : 0f;
        for (int i = 0; i < PerThread; i++)
        {
            tile[(ty * (edge / 4)) + tx] = new Four(results.R0.C0, results.R0.C1, results.R0.C2, results.R0.C3);
            tile[(ty * (edge / 4)) + side + tx] = new Four(results.R0.C4, results.R0.C5, results.R0.C6, results.R0.C7);
            results = Results.Turn(results);
            Group.Barrier();
            for (int j = across; j < side; j += side / PerThread)
            {
                int m = (place.Row * edge) + (4 * j) + i + (i < 4 ? 0 : (edge / 2) - 4);
                if (m < p.M && n < p.N) Cell.Store(c, start + (m * p.LeadingC), Cell.Activate(cells[(j * edge) + thread - (across * edge)] + offset, p.Activation), p.Beta);
            }
            Group.Barrier();
        }
    }

    /// <summary>The thread's cursor: the threads that follow each other read what lies side by side.</summary>
    private static TileCursor Start<TSource>(TSource source, int batch, int line, int from, int end, int thread, int depth, int edge)
        where TSource : unmanaged, ITileSource
    {
        int quads = TSource.IsDeep ? depth / 4 : edge / 4, across = thread / quads, along = 4 * (thread - (across * quads));
        return TSource.IsDeep ? source.Start(batch, line + across, from + along, end) : source.Start(batch, line + along, from + across, end);
    }

    /// <summary>Four elements into a slice: depth by lines, so that a thread finds its lines side by side.</summary>
    private static void Put<TSource>(ArrayView<Four> tile, Four values, int thread, int slice, int depth, int edge, int row)
        where TSource : unmanaged, ITileSource
    {
        int quads = TSource.IsDeep ? depth / 4 : edge / 4, across = thread / quads, along = thread - (across * quads);
        if (!TSource.IsDeep)
        {
            tile[slice + (across * row) + along] = values;
            return;
        }
        ArrayView<float> cells = tile.Cast<float>();
        int at = (4 * (slice + (4 * along * row))) + across;
        cells[at] = values.X;
        cells[at + (4 * row)] = values.Y;
        cells[at + (8 * row)] = values.Z;
        cells[at + (12 * row)] = values.W;
    }
}
