namespace ResearchFreeze.Autograd;

/// <summary>
/// A thread's work space for products: packed blocks, grown once; one panel of B; one tile for what hangs over the edge.
/// </summary>
internal sealed unsafe class GemmSpace
{
    private const int LargestTile = 12 * 32;
    private const int LargestPanel = CpuGemm.MaxKBlock * 32;
    private readonly NativeBuffer own = new();

    private GemmSpace()
    {
        Tile = own.Floats(LargestTile + LargestPanel);
        Panel = Tile + LargestTile;
    }

    public NativeBuffer A { get; } = new();

    public NativeBuffer B { get; } = new();

    public float* Tile { get; }

    public float* Panel { get; }

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
        own.Free();
    }
}
