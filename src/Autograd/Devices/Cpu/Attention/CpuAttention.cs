namespace ResearchFreeze.Autograd;

/// <summary>The CPU's attention, at one SIMD level. One call at a time, as on the device.</summary>
internal abstract unsafe class CpuAttention : IDisposable
{
    /// <summary>y and, where there is one, the state.</summary>
    public abstract void Forward(in AttentionJob job);

    /// <summary>The gradients that have a target.</summary>
    public abstract void Backward(in AttentionJob job);

    public abstract void Dispose();
}

/// <summary>
/// Each sequence and head by one thread, a block of queries and one of keys at a time, products by the micro-kernels of <see cref="CpuGemm{TKernel}"/>. Where there are fewer items than threads, blocks of queries are shared out
/// too; gradients of keys and values are sums over them and are not. An element's bits follow from its sequence, head and place alone.
/// </summary>
internal sealed unsafe class CpuAttention<TKernel>(CpuThreads threads) : CpuAttention
    where TKernel : struct, IGemmKernel
{
    private readonly AttentionSpace[] spaces = [.. Enumerable.Range(0, threads.Count).Select(_ => new AttentionSpace())];

    /// <inheritdoc/>
    public override void Forward(in AttentionJob job)
    {
        int items = job.Shape.Batch * job.Shape.Heads, blocks = (job.Shape.Queries + AttentionJob.QueryBlock - 1) / AttentionJob.QueryBlock;
        if (items == 0 || blocks == 0) return;
        // All blocks of an item share what is packed of its keys.
        int shares = items >= 2 * threads.Count ? 1 : blocks;
        var work = new AttentionForward<TKernel> { Job = job, Spaces = spaces, Shares = shares };
        foreach (AttentionSpace space in spaces) space.Prepare(job.Shape, TKernel.Columns, job.Shape.Keys, isBackward: false);
        CpuParallel.Run(threads, ref work, items * shares, 2 * job.Shape.ProductFlops);
    }

    /// <inheritdoc/>
    public override void Backward(in AttentionJob job)
    {
        int items = job.Shape.Batch * job.Shape.Heads;
        if (items == 0) return;
        var work = new AttentionBackward<TKernel> { Job = job, Spaces = spaces };
        foreach (AttentionSpace space in spaces) space.Prepare(job.Shape, TKernel.Columns, Math.Min(job.Shape.Keys, AttentionJob.KeyBlock), isBackward: true);
        CpuParallel.Run(threads, ref work, items, 3 * job.Shape.ProductFlops);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (AttentionSpace space in spaces) space.Free();
    }
}
