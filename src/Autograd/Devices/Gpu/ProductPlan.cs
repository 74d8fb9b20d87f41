namespace ResearchFreeze.Autograd;

/// <summary>How a product is cut into tiles, and long sums into chunks: by the shape alone, so that results repeat on every card.</summary>
internal readonly record struct ProductPlan(bool IsLarge, ProductArguments Arguments)
{
    // Enough groups for the largest cards (132 multiprocessors, two groups each), chunks that are worth their second pass, and sums that stay accurate.
    private const int LeastGroups = 256, ShortestChunk = 128, LongestChunk = 4096, DepthStep = 8;

    // Sums of chunks that would take more than 64 MiB are not made.
    private const long MostSums = 1 << 24;

    private const int LargeEdge = 16 * ProductKernels.PerThread, SmallEdge = 8 * ProductKernels.PerThread;

    /// <summary>Groups to launch.</summary>
    public int Groups => checked(Arguments.TilesM * Arguments.TilesN * Arguments.Batches * Arguments.Chunks);

    /// <summary>Threads of a group.</summary>
    public int Threads => IsLarge ? ProductKernels.LargeThreads : ProductKernels.SmallThreads;

    /// <summary>Elements of the chunks' sums; 0 where one chunk is all.</summary>
    public int SumCount => Arguments.Chunks == 1 ? 0 : Arguments.Chunks * Arguments.Batches * Arguments.M * Arguments.N;

    /// <summary>The plan of C[m, n] over a depth of k, repeated.</summary>
    public static ProductPlan Of(int m, int n, int k, int batches)
    {
        // A large tile needs half of the memory traffic, but leaves multiprocessors idle where there are few.
        bool isLarge = m > SmallEdge && n > SmallEdge && (long)Tiles(m, LargeEdge) * Tiles(n, LargeEdge) * batches * Math.Max(1, k / (2 * ShortestChunk)) >= LeastGroups / 2;
        int edge = isLarge ? LargeEdge : SmallEdge, tilesM = Tiles(m, edge), tilesN = Tiles(n, edge);
        long groups = (long)tilesM * tilesN * batches, sums = (long)m * n * batches;
        long chunks = Math.Max(Math.Min(LeastGroups / groups, k / ShortestChunk), (k + LongestChunk - 1) / LongestChunk);
        chunks = Math.Max(1, Math.Min(chunks, MostSums / sums));
        int chunk = (int)((((k + chunks - 1) / chunks) + DepthStep - 1) / DepthStep * DepthStep);
        chunk = Math.Max(chunk, DepthStep);
        return new ProductPlan(isLarge, new ProductArguments
        {
            M = m,
            N = n,
            K = k,
            Batches = batches,
            TilesM = tilesM,
            TilesN = tilesN,
            Chunk = chunk,
            Chunks = Math.Max(1, (k + chunk - 1) / chunk),
        });
    }

    private static int Tiles(int extent, int edge) => (extent + edge - 1) / edge;
}
