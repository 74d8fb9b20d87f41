using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>Four neighbouring elements: what a thread moves at once. Where they lie at a multiple of four, one access of 128 bits.</summary>
internal struct Four(float x, float y, float z, float w)
{
    public float X = x, Y = y, Z = z, W = w;

    /// <summary>As many of four elements as there are from a place on, then zeros; in one access where all fours are known to be whole and to lie at multiples of four.</summary>
    public static Four Read(ArrayView<float> x, int place, int count, int isWide)
    {
        if (isWide != 0) return count > 0 ? x.Cast<Four>()[place >> 2] : default;
        return new Four(count > 0 ? x[place] : 0f, count > 1 ? x[place + 1] : 0f, count > 2 ? x[place + 2] : 0f, count > 3 ? x[place + 3] : 0f);
    }
}

/// <summary>A row of a thread's 8×8 results. A local array would go to local memory; these stay in registers.</summary>
internal struct Eight
{
    public float C0, C1, C2, C3, C4, C5, C6, C7;

    /// <summary>row + a·b.</summary>
    public static Eight Add(Eight row, float a, Four near, Four far) => new()
    {
        C0 = row.C0 + (a * near.X),
        C1 = row.C1 + (a * near.Y),
        C2 = row.C2 + (a * near.Z),
        C3 = row.C3 + (a * near.W),
        C4 = row.C4 + (a * far.X),
        C5 = row.C5 + (a * far.Y),
        C6 = row.C6 + (a * far.Z),
        C7 = row.C7 + (a * far.W),
    };
}

/// <summary>What a thread adds up: four rows beside each other and four half a tile further, and so the columns.</summary>
internal struct Results
{
    public Eight R0, R1, R2, R3, R4, R5, R6, R7;

    /// <summary>results + a·bᵀ for a column of A and a row of B.</summary>
    public static Results Add(Results results, Four nearA, Four farA, Four nearB, Four farB) => new()
    {
        R0 = Eight.Add(results.R0, nearA.X, nearB, farB),
        R1 = Eight.Add(results.R1, nearA.Y, nearB, farB),
        R2 = Eight.Add(results.R2, nearA.Z, nearB, farB),
        R3 = Eight.Add(results.R3, nearA.W, nearB, farB),
        R4 = Eight.Add(results.R4, farA.X, nearB, farB),
        R5 = Eight.Add(results.R5, farA.Y, nearB, farB),
        R6 = Eight.Add(results.R6, farA.Z, nearB, farB),
        R7 = Eight.Add(results.R7, farA.W, nearB, farB),
    };

    /// <summary>Each row in its predecessor's place: how a loop visits all of them without an index.</summary>
    public static Results Turn(Results results) => new()
    {
        R0 = results.R1,
        R1 = results.R2,
        R2 = results.R3,
        R3 = results.R4,
        R4 = results.R5,
        R5 = results.R6,
        R6 = results.R7,
        R7 = results.R7,
    };
}

/// <summary>The shape of the tile of C that a group makes: each of its threads has 8×8 results.</summary>
internal interface IProductTile
{
    /// <summary>Threads along the tile's rows.</summary>
    static abstract int Rows { get; }

    /// <summary>Threads along the tile's columns.</summary>
    static abstract int Columns { get; }

    /// <summary>How much of the depth is in shared memory at a time.</summary>
    static abstract int Depth { get; }
}

/// <summary>128×128, 256 threads.</summary>
internal readonly struct LargeTile : IProductTile
{
    public static int Rows => 16;

    public static int Columns => 16;

    public static int Depth => 8;
}

/// <summary>64×64, 64 threads: for results that would leave most of a large tile, or of the card, idle.</summary>
internal readonly struct SmallTile : IProductTile
{
    public static int Rows => 8;

    public static int Columns => 8;

    public static int Depth => 4;
}

/// <summary>256×16, 64 threads: for few columns, such as a convolution's few outputs.</summary>
internal readonly struct Tall16Tile : IProductTile
{
    public static int Rows => 32;

    public static int Columns => 2;

    public static int Depth => 4;
}

/// <summary>128×32, 64 threads.</summary>
internal readonly struct Tall32Tile : IProductTile
{
    public static int Rows => 16;

    public static int Columns => 4;

    public static int Depth => 4;
}

/// <summary>16×256, 64 threads: for few rows, such as the weights of few outputs.</summary>
internal readonly struct Flat16Tile : IProductTile
{
    public static int Rows => 2;

    public static int Columns => 32;

    public static int Depth => 4;
}

/// <summary>32×128, 64 threads.</summary>
internal readonly struct Flat32Tile : IProductTile
{
    public static int Rows => 4;

    public static int Columns => 16;

    public static int Depth => 4;
}

/// <summary>Which tile, chunk and product of a batch a group works on.</summary>
internal struct TilePlace
{
    public int Row, Column, Chunk, Batch;

    /// <summary>Columns are innermost, then rows, chunks and the batch.</summary>
    public static TilePlace Of(int group, ProductArguments p)
    {
        int rows = group / p.TilesN, chunks = rows / p.TilesM, batch = chunks / p.Chunks;
        return new() { Column = group - (rows * p.TilesN), Row = rows - (chunks * p.TilesM), Chunk = chunks - (batch * p.Chunks), Batch = batch };
    }
}
