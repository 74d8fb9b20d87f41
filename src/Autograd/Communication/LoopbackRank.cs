namespace ResearchFreeze.Autograd;

/// <summary>One rank of a <see cref="Loopback"/>.</summary>
internal sealed class LoopbackRank(Loopback group, int rank) : ICommunicator
{
    // Meetings are numbered alike on all ranks, since all make the same calls.
    private long next;

    public int Rank => rank;

    public int Size => group.Size;

    public string Description => Size == 1 ? "one rank" : $"{Size} ranks in one process";

    public string? Refuses(Device device) => device is CpuDevice ? null : "ranks in one process read each other's memory, which must be the CPU's";

    public long StartAllReduce(TensorRange range)
    {
        long id = next++;
        group.Arrive(rank, id, new LoopbackCall(LoopbackKind.Sum, range, 0, range.Length));
        return id;
    }

    public void WaitFor(long reduction) => group.Leave(rank, reduction);

    public void Broadcast(TensorRange range, int root)
    {
        long id = next++;
        group.Arrive(rank, id, new LoopbackCall(LoopbackKind.Copy, range, root, range.Length));
        group.Leave(rank, id);
    }

    public void Send(TensorRange range, int to) => group.Send(rank, to, range);

    public void Receive(TensorRange range, int from) => group.Receive(rank, from, range);

    public void AllGather(ReadOnlySpan<byte> mine, Span<byte> all)
    {
        if (all.Length != mine.Length * Size) throw new ArgumentException($"AllGather: {Size} ranks with {mine.Length} bytes each need {mine.Length * Size}, found {all.Length}.", nameof(all));
        long id = next++;
        group.Arrive(rank, id, new LoopbackCall(LoopbackKind.Gather, default, 0, mine.Length), mine);
        group.Leave(rank, id, all);
    }

    public void Barrier() => AllGather([], []);

    public void Abort(string reason) => group.Fail(rank, reason.ReplaceLineEndings(" ").TrimEnd('.'));

    public void Dispose() => group.End(rank);
}
