using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Products of matrices and convolutions from operands rounded to TF32 or bfloat16, with float32 sums, by a card's matrix instruction: the tiles, sources, chunks and last steps of <see cref="ProductKernels"/>. A group's threads
/// read the next slice of both operands, multiply the one in shared memory, and store, rounded, what they have read.
/// </summary>
internal static class CoreKernels
{
    /// <summary>C ← activation(A·B + bias) + beta·C, or a chunk's part of A·B; one group a tile and chunk.</summary>
    internal static void Tiled<TA, TB, TCore, TTile>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> bias, TA sourceA, TB sourceB, ProductArguments p)
        where TA : unmanaged, ITileSource
        where TB : unmanaged, ITileSource
        where TCore : struct, IMatrixCore
        where TTile : struct, ICoreTile
    {
        int linesA = TTile.WarpsM * TTile.Blocks * CoreLayout.BlockRows, linesB = TTile.WarpsN * CoreLayout.WarpColumns, threads = TTile.WarpsM * TTile.WarpsN * CoreLayout.Warp;
        int wordsA = linesA * CoreLayout.Pitch * TCore.Word, slice = (linesA + linesB) * CoreLayout.Pitch * TCore.Word, depth = CoreLayout.SliceWords * TCore.Packed;
        // Two slices of both operands.
        ArrayView<uint> space = TCore.Space(2 * (linesA + linesB) * CoreLayout.Pitch);
        TCore.Begin();
        TilePlace place = TilePlace.Of(Grid.IdxX, p);
        int from = place.Chunk * p.Chunk, end = from + p.Chunk < p.K ? from + p.Chunk : p.K;
        if (TA.IsScattered) end = sourceA.End(place.Batch, end);
        CoreCopy copyA = CoreCopy.Start<TA, TCore>(sourceA, place.Batch, place.Row * linesA, linesA, threads, from, end);
        CoreCopy copyB = CoreCopy.Start<TB, TCore>(sourceB, place.Batch, place.Column * linesB, linesB, threads, from, end);
        int lane = Group.IdxX & 31, warp = Group.IdxX >> 5, warpM = warp / TTile.WarpsN, warpN = warp - (warpM * TTile.WarpsN);
        int laneA = ((warpM * TTile.Blocks * CoreLayout.BlockRows * CoreLayout.Pitch) + CoreLayout.LaneA(lane)) * TCore.Word;
        int laneB = wordsA + (((warpN * CoreLayout.WarpColumns * CoreLayout.Pitch) + CoreLayout.LaneB(lane)) * TCore.Word);
        Results sums = default;

        CorePieces nextA = CoreCopy.Read<TA, TCore>(copyA, sourceA, a, linesA, threads), nextB = CoreCopy.Read<TB, TCore>(copyB, sourceB, b, linesB, threads);
        CoreCopy.Put<TA, TCore>(nextA, space, 0, linesA, threads);
        CoreCopy.Put<TB, TCore>(nextB, space, wordsA, linesB, threads);
        Group.Barrier();
        int now = 0;
        for (int left = end - from; left > 0; left -= depth)
        {
            copyA.Depth = sourceA.Advance(copyA.Depth, depth);
            copyB.Depth = sourceB.Advance(copyB.Depth, depth);
            // Beyond the end it is zeros that nobody multiplies.
            nextA = CoreCopy.Read<TA, TCore>(copyA, sourceA, a, linesA, threads);
            nextB = CoreCopy.Read<TB, TCore>(copyB, sourceB, b, linesB, threads);
            int until = (left < depth ? (left + TCore.Packed - 1) / TCore.Packed : CoreLayout.SliceWords) * TCore.Word;
            for (int step = 0; step < until; step += CoreLayout.StepWords * TCore.Word)
                sums = TCore.Step(sums, space, laneA + now + step, laneB + now + step, TTile.Blocks == 4);
            now = slice - now;
            CoreCopy.Put<TA, TCore>(nextA, space, now, linesA, threads);
            CoreCopy.Put<TB, TCore>(nextB, space, now + wordsA, linesB, threads);
            Group.Barrier();
        }
        Store<TA, TCore, TTile>(sums, space, c, bias, sourceA, p);
    }

    /// <summary>C ← activation(sums + bias) + beta·C, sixteen rows of every warp at a time, through shared memory: neighbouring threads store neighbouring elements.</summary>
    private static void Store<TA, TCore, TTile>(Results sums, ArrayView<uint> space, ArrayView<float> c, ArrayView<float> bias, TA sourceA, ProductArguments p)
        where TA : unmanaged, ITileSource
        where TCore : struct, IMatrixCore
        where TTile : struct, ICoreTile
    {
        int warpsN = TTile.WarpsN, edge = warpsN * CoreLayout.WarpColumns, threads = TTile.WarpsM * warpsN * CoreLayout.Warp, thread = Group.IdxX;
        TilePlace place = TilePlace.Of(Grid.IdxX, p);                // again: it would take registers during the product
        int firstRow = place.Row * TTile.WarpsM * TTile.Blocks * CoreLayout.BlockRows, firstColumn = place.Column * edge;
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
        ArrayView<float> cells = space.Cast<float>();
        for (int block = 0; block < TTile.Blocks; block++)
        {
            TCore.PutSums(sums, space, block, (((thread >> 5) * CoreLayout.StoreWords) + CoreLayout.LaneC(thread & 31)) * TCore.Word);
            sums = Results.Turn(Results.Turn(sums));
            Group.Barrier();
            for (int cell = thread; cell < TTile.WarpsM * CoreLayout.BlockRows * edge; cell += threads)
            {
                int line = cell / edge, column = cell - (line * edge), warpM = line >> 4, row = line & 15;
                int m = firstRow + (((warpM * TTile.Blocks) + block) * CoreLayout.BlockRows) + row, n = firstColumn + column;
                if (m >= p.M || n >= p.N) continue;
                float value = cells[(((warpM * warpsN) + (column >> 5)) * CoreLayout.StoreWords) + (row * CoreLayout.StorePitch) + (column & 31)];
                if (p.HasBias != 0) value += bias[(place.Batch * p.StrideBias) + n];
                int start = TA.IsScattered ? sourceA.Row(place.Batch, m) : (place.Batch * p.StrideC) + (m * p.LeadingC);
                if (!TA.IsScattered || start >= 0) Cell.Store(c, start + n, Cell.Activate(value, p.Activation), p.Beta);
            }
            Group.Barrier();
        }
    }
}
