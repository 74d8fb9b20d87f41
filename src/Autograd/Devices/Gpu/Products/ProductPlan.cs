namespace ResearchFreeze.Autograd;

/// <summary>The tiles that there are; see <see cref="IProductTile"/> and, for those of matrix instructions, <see cref="ICoreTile"/>.</summary>
internal enum ProductTile
{
    Large,
    Small,
    Tall16,
    Tall32,
    Flat16,
    Flat32,
    LargeCore,
    SmallCore,
    TallCore,
    FlatCore,
}

/// <summary>How a product is cut into tiles, and long sums into chunks: by the shape alone, so that results repeat on every card.</summary>
internal readonly record struct ProductPlan(ProductTile Tile, ProductArguments Arguments)
{
    // Enough groups for the largest cards (132 multiprocessors, two groups each), chunks that are worth their second pass, and sums that stay accurate.
    private const int LeastGroups = 256, ShortestChunk = 128, LongestChunk = 4096, LeastSaved = 320, DepthStep = 8, CoreDepthStep = CoreLayout.SliceWords * 2;

    // Sums of chunks that would take more than 64 MiB are not made.
    private const long MostSums = 1 << 24;

    /// <summary>Groups to launch.</summary>
    public int Groups => checked(Arguments.TilesM * Arguments.TilesN * Arguments.Batches * Arguments.Chunks);

    /// <summary>Threads of a group.</summary>
    public int Threads
    {
        get
        {
            (int m, int n) = Edges(Tile);
            return Tile switch
            {
                ProductTile.LargeCore => 256,
                ProductTile.SmallCore or ProductTile.TallCore or ProductTile.FlatCore => 128,
                _ => m * n / (ProductKernels.PerThread * ProductKernels.PerThread),
            };
        }
    }

    /// <summary>Words of shared memory that a launch asks for; 0 where the kernel has its own.</summary>
    public int SharedWords
    {
        get
        {
            (int m, int n) = Edges(Tile);
            return Tile >= ProductTile.LargeCore ? 2 * (m + n) * CoreLayout.Pitch : 0;
        }
    }

    /// <summary>Elements of the chunks' sums; 0 where one chunk is all.</summary>
    public int SumCount => Arguments.Chunks == 1 ? 0 : Arguments.Chunks * Arguments.Batches * Arguments.M * Arguments.N;

    /// <summary>The plan of C[m, n] over a depth of k, repeated; in a precision other than float32 by matrix instructions. A product that is to stay whole is not cut along the depth.</summary>
    public static ProductPlan Of(int m, int n, int k, int batches, Precision precision = Precision.Float32, bool isWhole = false)
    {
        bool isCore = precision != Precision.Float32;
        ProductTile tile = isCore ? CoreTileOf(m, n, k, batches) : TileOf(m, n, k, batches);
        int step = isCore ? CoreDepthStep : DepthStep;
        (int edgeM, int edgeN) = Edges(tile);
        int tilesM = Tiles(m, edgeM), tilesN = Tiles(n, edgeN);
        long groups = (long)tilesM * tilesN * batches, sums = (long)m * n * batches;
        long chunks = Math.Max(Math.Min(LeastGroups / groups, k / ShortestChunk), (k + LongestChunk - 1) / LongestChunk);
        chunks = Math.Max(1, Math.Min(chunks, MostSums / sums));
        // A second launch takes some microseconds, in which a group goes about as far along the depth.
        if (isWhole || k - (k / chunks) < LeastSaved) chunks = 1;
        int chunk = (int)((((k + chunks - 1) / chunks) + step - 1) / step * step);
        chunk = Math.Max(chunk, step);
        return new ProductPlan(tile, new ProductArguments
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

    /// <summary>
    /// The plan of an input gradient with a stride, which takes the pixels class by class (<see cref="StridedGradientPatches"/>): a batch of as many products as there are classes, none of them cut along the depth. Null where there is
    /// no stride, where taps are spread by a dilation, too, or where a sum is long enough to be cut.
    /// </summary>
    public static ProductPlan? OfStridedInputGradient(in Conv2dShape shape, Precision precision = Precision.Float32)
    {
        int classes = shape.Stride.Height * shape.Stride.Width;
        if (classes == 1 || shape.Dilation.Height != 1 || shape.Dilation.Width != 1) return null;
        int taps = Tiles(shape.Kernel.Height, shape.Stride.Height) * Tiles(shape.Kernel.Width, shape.Stride.Width), depth = taps * shape.GroupOutputs;
        long lines = (long)shape.Batch * Tiles(shape.Height, shape.Stride.Height) * Tiles(shape.Width, shape.Stride.Width);
        // Strides beyond the image: the classes without a pixel would be most of the work.
        if (depth > LongestChunk || lines * classes > 2L * shape.Batch * shape.Height * shape.Width) return null;
        return Of((int)lines, shape.GroupChannels, depth, shape.Groups * classes, precision, isWhole: true);
    }

    private static ProductTile TileOf(int m, int n, int k, int batches)
    {
        // Most of a square tile would be empty.
        if (n <= 16 && m > 64) return ProductTile.Tall16;
        if (m <= 16 && n > 64) return ProductTile.Flat16;
        if (n <= 32 && m > 64) return ProductTile.Tall32;
        if (m <= 32 && n > 64) return ProductTile.Flat32;
        return IsLarge(m, n, k, batches) ? ProductTile.Large : ProductTile.Small;
    }

    private static ProductTile CoreTileOf(int m, int n, int k, int batches)
    {
        if (n <= 32 && m > 64) return ProductTile.TallCore;
        if (m <= 32 && n > 64) return ProductTile.FlatCore;
        return IsLarge(m, n, k, batches) ? ProductTile.LargeCore : ProductTile.SmallCore;
    }

    // A large tile needs half of the memory traffic, but leaves multiprocessors idle where there are few.
    private static bool IsLarge(int m, int n, int k, int batches) => m > 64 && n > 64 && (long)Tiles(m, 128) * Tiles(n, 128) * batches * Math.Max(1, k / (2 * ShortestChunk)) >= LeastGroups / 2;

    private static (int M, int N) Edges(ProductTile tile) => tile switch
    {
        ProductTile.Large or ProductTile.LargeCore => (128, 128),
        ProductTile.Small or ProductTile.SmallCore => (64, 64),
        ProductTile.Tall16 => (256, 16),
        ProductTile.Tall32 or ProductTile.TallCore => (128, 32),
        ProductTile.Flat16 => (16, 256),
        _ => (32, 128),
    };

    private static int Tiles(int extent, int edge) => (extent + edge - 1) / edge;
}
