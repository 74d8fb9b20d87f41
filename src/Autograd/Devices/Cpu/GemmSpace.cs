namespace ResearchFreeze.Autograd;

/// <summary>A thread's work space for products: packed panels, grown once, and one tile for what hangs over the edge.</summary>
internal sealed unsafe class GemmSpace
{
    private const int LargestTile = 12 * 32;
    private readonly NativeBuffer tile = new();

    private GemmSpace()
    {
        Tile = tile.Floats(LargestTile);
    }

    public NativeBuffer A { get; } = new();

    public NativeBuffer B { get; } = new();

    public float* Tile { get; }

    public static GemmSpace[] For(int threads)
    {
        var spaces = new GemmSpace[threads];
        for (int i = 0; i < threads; i++) spaces[i] = new GemmSpace();
        return spaces;
    }

    public void Free()
    {
        A.Free();
        B.Free();
        tile.Free();
    }
}
