namespace ResearchFreeze.Autograd;

/// <summary>Work on a run of elements, rows or columns; any run may be cut anywhere without changing a result.</summary>
internal interface IRangeWork
{
    /// <summary>Works on [start, end).</summary>
    void Run(int start, int end);
}

/// <summary>
/// Cuts ranges into parts for <see cref="CpuThreads"/>. Only for independent results: sums have parts of their own, which follow from the shape.
/// </summary>
internal static class CpuParallel
{
    // Roughly what a thread does in the time that waking another takes.
    private const int ElementsAPart = 16384;
    private const long SmallFlops = 500_000;

    /// <summary>Whether a product of so many operations is worth waking a thread for.</summary>
    public static bool IsShared(CpuThreads threads, long flops) => threads.Count > 1 && flops >= SmallFlops;

    /// <summary>How many parts such a product should have: some for each thread, so that one that was held up is made up for.</summary>
    public static int PartsOf(CpuThreads threads, long flops) => IsShared(threads, flops) ? 4 * threads.Count : 1;

    /// <summary>Runs all parts of a product, on the caller alone where it is small.</summary>
    public static void Run<TWork>(CpuThreads threads, ref TWork work, int parts, long flops)
        where TWork : struct, IParallelWork
    {
        if (IsShared(threads, flops)) threads.Run(ref work, parts);
        else for (int part = 0; part < parts; part++) work.Run(part, 0);
    }

    /// <summary>The first item of a part, where items are cut into parts as even as can be.</summary>
    public static int Start(int part, int items, int parts) => (int)((long)part * items / parts);

    /// <summary>Runs <paramref name="work"/> over [0, length), on the caller alone where it is small.</summary>
    /// <param name="threads">Who works.</param>
    /// <param name="work">What to do.</param>
    /// <param name="length">Items.</param>
    /// <param name="cost">What one item costs, in elements of a plain copy.</param>
    public static void For<TWork>(CpuThreads threads, ref TWork work, int length, int cost)
        where TWork : struct, IRangeWork
    {
        if (length <= 0) return;
        long total = (long)length * cost;
        int parts = (int)Math.Min(Math.Min(total / ElementsAPart, 4L * threads.Count), length);
        if (parts <= 1 || threads.Count == 1)
        {
            work.Run(0, length);
            return;
        }
        int grain = ((length - 1) / parts) + 1;
        if (length > 4096) grain = (grain + 63) & ~63;      // whole cache lines, and whole blocks of the random generator
        var ranges = new Ranges<TWork> { Work = work, Length = length, Grain = grain };
        // Not the length plus a grain, which may be more than an int.
        threads.Run(ref ranges, ((length - 1) / grain) + 1);
    }

    private struct Ranges<TWork> : IParallelWork
        where TWork : struct, IRangeWork
    {
        public TWork Work;
        public int Length;
        public int Grain;

        public void Run(int part, int worker) => Work.Run(part * Grain, (int)Math.Min((long)(part + 1) * Grain, Length));
    }
}
