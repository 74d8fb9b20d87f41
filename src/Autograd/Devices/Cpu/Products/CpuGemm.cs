namespace ResearchFreeze.Autograd;

/// <summary>The CPU's matrix product, at one SIMD level. One call at a time, as on the device.</summary>
internal abstract unsafe class CpuGemm : IDisposable
{
    /// <summary>The most products of a sum before it is added to C.</summary>
    public const int MaxKBlock = 1024;

    /// <summary>C ← activation(op(A)·op(B) + bias + beta·C); callers give a beta or an activation, not both.</summary>
    /// <param name="shape">The product.</param>
    /// <param name="a">A.</param>
    /// <param name="b">B.</param>
    /// <param name="c">C.</param>
    /// <param name="beta">0 overwrites.</param>
    /// <param name="bias">One element a column, or null.</param>
    /// <param name="activation">Applied last.</param>
    /// <param name="packed">Where B's panels are kept if its content rests, or null.</param>
    /// <param name="version">The version of B's content.</param>
    public abstract void Multiply(in GemmShape shape, float* a, float* b, float* c, float beta, float* bias, Activation activation, PackedOperand? packed = null, int version = 0);

    public abstract void Dispose();
}

/// <summary>
/// Blocks for the caches (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008): K in blocks of at most <see cref="CpuGemm.MaxKBlock"/>, so that a packed panel of B and
/// the rows of A that meet it stay in the second-level cache. A panel of a long block is larger than the first, but a tile needs a line of it every six cycles, which the second sends in two; shorter blocks would add to C
/// more often. A tile reads rows of A as they lie, as fast as packed ones; a transposed A and B are packed, unless that would cost more than it saves. First all threads pack, then all share out the tiles of C; where no two
/// parts need the same panel of B, it is packed just before its use instead, and never leaves the cache. How K is cut follows from K alone, so an element's bits depend on neither threads nor the other extents.
/// </summary>
internal sealed unsafe class CpuGemm<TKernel>(CpuThreads threads) : CpuGemm
    where TKernel : struct, IGemmKernel
{
    // Elements of packed A and of packed B at a time: 4 MiB each.
    private const int MaxPacked = 1 << 20;
    private const int MaxColumns = 4096;

    // A batch's products below this many operations are done whole, each by one thread.
    private const long SmallItem = 8_000_000;

    // Operations for which a part of a batch is worth its dispatch.
    private const long PartFlops = 500_000;

    // What is read for this many panels of the other operand is read in place: packing it would cost more than reading it in order saves. Of a transposed A each line is needed for more than one panel of its own.
    private const int DirectPanelsB = 4;
    private const int DirectPanelsA = 2;

    private readonly NativeBuffer init = new();
    private readonly GemmSpace[] spaces = GemmSpace.For(threads.Count);

    /// <inheritdoc/>
    public override void Multiply(in GemmShape shape, float* a, float* b, float* c, float beta, float* bias, Activation activation, PackedOperand? packed = null, int version = 0)
    {
        GemmShape one = Merged(shape);
        if (one.M == 0 || one.N == 0 || one.Batch == 0) return;
        var job = new GemmJob<TKernel>
        {
            Shape = one,
            A = a,
            B = b,
            C = c,
            Beta = beta,
            Activation = activation,
            KBlock = KBlockOf(one.K),
            InPlaceA = !one.TransposeA || one.N <= DirectPanelsA * TKernel.Columns || (long)one.M * one.K <= TKernel.Resident,
            InPlaceB = !one.TransposeB && (one.M <= DirectPanelsB * TKernel.Rows || (long)one.N * one.K <= TKernel.Resident),
        };
        if (one.Batch > 1 || job.InPlaceB) packed?.Look(version);
        else if (packed is not null) job.KeptB = packed.Room(b, version, one, (long)PanelsOf(one.N, TKernel.Columns) * TKernel.Columns * one.K, out job.KeepB);
        Prepare(ref job, bias);
        long flops = one.Flops;
        if (!CpuParallel.IsShared(threads, flops))
        {
            for (int item = 0; item < one.Batch; item++) Product(job.Item(item), spaces[0], false);
        }
        else if (one.Batch >= threads.Count && flops / one.Batch < SmallItem)
        {
            var work = new ItemWork { Gemm = this, Job = job, Parts = (int)Math.Min(one.Batch, Math.Max(threads.Count, flops / PartFlops)) };
            threads.Run(ref work, work.Parts);
        }
        else
        {
            for (int item = 0; item < one.Batch; item++) Product(job.Item(item), spaces[0], true);
        }
        // Not before: a product that failed has packed nothing, or half of it.
        if (job.KeptB != null) packed!.Done(one);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        init.Free();
        foreach (GemmSpace space in spaces) space.Free();
    }

    /// <summary>A batch whose rows of A and C follow one another and whose B is shared is one product with more rows.</summary>
    private static GemmShape Merged(in GemmShape shape)
    {
        bool merges = shape is { Batch: > 1, StrideB: 0, TransposeA: false } && shape.StrideA == shape.M * shape.LeadingA && shape.StrideC == shape.M * shape.LeadingC
            && (long)shape.M * shape.Batch <= int.MaxValue;
        return merges ? shape with { M = shape.M * shape.Batch, Batch = 1, StrideA = 0, StrideC = 0 } : shape;
    }

    /// <summary>Even blocks, so that none is much shorter than the others.</summary>
    private static int KBlockOf(int k)
    {
        int blocks = Math.Max(1, (k + MaxKBlock - 1) / MaxKBlock), size = (k + blocks - 1) / blocks;
        return Math.Max(8, (size + 7) & ~7);
    }

    private static int PanelsOf(int extent, int panel) => (extent + panel - 1) / panel;

    /// <summary>A row of zeros and the bias padded to whole panels: what the sums begin with.</summary>
    private void Prepare(ref GemmJob<TKernel> job, float* bias)
    {
        int columns = TKernel.Columns, padded = PanelsOf(job.Shape.N, columns) * columns;
        job.Zeros = init.Floats(columns + padded);
        new Span<float>(job.Zeros, columns).Clear();
        if (bias == null) return;
        job.Bias = job.Zeros + columns;
        new Span<float>(bias, job.Shape.N).CopyTo(new Span<float>(job.Bias, padded));
        new Span<float>(job.Bias + job.Shape.N, padded - job.Shape.N).Clear();
    }

    /// <summary>One product of the batch, in blocks that fit the packing buffers.</summary>
    private void Product(GemmJob<TKernel> job, GemmSpace space, bool shared)
    {
        (int m, int n, int k) = (job.Shape.M, job.Shape.N, job.Shape.K);
        int rows = TKernel.Rows, columns = TKernel.Columns;
        // What is kept is in one block.
        bool isKept = job.KeptB != null, isPacked = job.KeepB;
        int nBlock = Math.Min(PanelsOf(n, columns) * columns, isKept ? int.MaxValue : MaxColumns);
        int kBlock = Math.Min(PanelsOf(Math.Max(k, 1), job.KBlock), isKept ? int.MaxValue : Math.Max(1, MaxPacked / nBlock / job.KBlock)) * job.KBlock;
        int mBlock = Math.Min(PanelsOf(m, rows), job.InPlaceA ? int.MaxValue : Math.Max(1, MaxPacked / kBlock / rows)) * rows;
        job.PackedA = space.A.Floats((long)(job.InPlaceA ? rows : mBlock) * kBlock);
        job.PackedB = isKept ? job.KeptB : space.B.Floats((long)nBlock * kBlock);
        for (job.N0 = 0; job.N0 < n; job.N0 += nBlock)
        {
            job.NCount = Math.Min(nBlock, n - job.N0);
            job.K0 = 0;
            do
            {
                // Also once where K is 0: the result is then the bias.
                job.KCount = Math.Min(kBlock, k - job.K0);
                job.KeepB = isPacked;
                for (job.M0 = 0; job.M0 < m; job.M0 += mBlock)
                {
                    job.MCount = Math.Min(mBlock, m - job.M0);
                    Block(ref job, space, shared);
                    job.KeepB = true;
                }
                job.K0 += kBlock;
            }
            while (job.K0 < k);
        }
    }

    private void Block(ref GemmJob<TKernel> job, GemmSpace space, bool shared)
    {
        job.Cut(shared ? threads.Count : 1, job.MCount == job.Shape.M);
        if (!shared)
        {
            for (int part = 0; part < job.PackParts; part++) job.Pack(part);
            for (int part = 0; part < job.Parts; part++) job.Compute(part, space);
            return;
        }
        var pack = new PackWork { Job = job };
        threads.Run(ref pack, job.PackParts);
        var compute = new ComputeWork { Job = job, Spaces = spaces };
        threads.Run(ref compute, job.Parts);
    }

    private struct PackWork : IParallelWork
    {
        public GemmJob<TKernel> Job;

        public void Run(int part, int worker) => Job.Pack(part);
    }

    private struct ComputeWork : IParallelWork
    {
        public GemmJob<TKernel> Job;
        public GemmSpace[] Spaces;

        public void Run(int part, int worker) => Job.Compute(part, Spaces[worker]);
    }

    /// <summary>Whole products of a batch, each by one thread in its own space.</summary>
    private struct ItemWork : IParallelWork
    {
        public CpuGemm<TKernel> Gemm;
        public GemmJob<TKernel> Job;
        public int Parts;

        public readonly void Run(int part, int worker)
        {
            int items = Job.Shape.Batch, end = (int)((long)(part + 1) * items / Parts);
            for (int item = (int)((long)part * items / Parts); item < end; item++) Gemm.Product(Job.Item(item), Gemm.spaces[worker], false);
        }
    }
}
