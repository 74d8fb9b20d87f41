namespace ResearchFreeze.Autograd;

/// <summary>The tile of C that a group's warps make: each 32 columns by 64 or 32 rows.</summary>
internal interface ICoreTile
{
    /// <summary>Warps along the tile's rows.</summary>
    static abstract int WarpsM { get; }

    /// <summary>Warps along the tile's columns.</summary>
    static abstract int WarpsN { get; }

    /// <summary>Blocks of sixteen rows of a warp: 4 or 2.</summary>
    static abstract int Blocks { get; }
}

/// <summary>128×128, 256 threads.</summary>
internal readonly struct LargeCoreTile : ICoreTile
{
    public static int WarpsM => 2;

    public static int WarpsN => 4;

    public static int Blocks => 4;
}

/// <summary>64×64, 128 threads: for results that would leave most of a large tile, or of the card, idle.</summary>
internal readonly struct SmallCoreTile : ICoreTile
{
    public static int WarpsM => 2;

    public static int WarpsN => 2;

    public static int Blocks => 2;
}

/// <summary>128×32, 128 threads: for few columns, such as a convolution's few outputs.</summary>
internal readonly struct TallCoreTile : ICoreTile
{
    public static int WarpsM => 4;

    public static int WarpsN => 1;

    public static int Blocks => 2;
}

/// <summary>32×128, 128 threads: for few rows, such as the weights of few outputs.</summary>
internal readonly struct FlatCoreTile : ICoreTile
{
    public static int WarpsM => 1;

    public static int WarpsN => 4;

    public static int Blocks => 2;
}
