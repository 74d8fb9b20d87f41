using System.Runtime.ExceptionServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Ranks in one process, a thread each with a device and a model of its own. Sums are taken in the order of the ranks, so that the same number of ranks gives the same bits. A rank that fails or ends while others
/// wait for it ends them too. Memory is read where it lies: CPU devices only.
/// </summary>
public sealed class Loopback
{
    // More than the reductions that are under way at a time: a rank that is further ahead waits.
    private const int Meetings = 256;

    private readonly LoopbackRank[] ranks;
    private readonly LoopbackMeeting[] meetings = new LoopbackMeeting[Meetings];
    private readonly TensorRange?[,] letters;
    private readonly bool[] hasEnded;

    /// <summary>So many ranks.</summary>
    public Loopback(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        ranks = [.. Enumerable.Range(0, size).Select(rank => new LoopbackRank(this, rank))];
        for (int i = 0; i < Meetings; i++) meetings[i] = new LoopbackMeeting(size, i);
        letters = new TensorRange?[size, size];
        hasEnded = new bool[size];
    }

    /// <summary>How many ranks there are.</summary>
    public int Size => ranks.Length;

    /// <summary>Bytes that one rank has given to reductions so far.</summary>
    public long ReducedBytes { get; private set; }

    /// <summary>Reductions so far.</summary>
    public long Reductions { get; private set; }

    /// <summary>Called as a reduction begins on a rank, with its number, on the rank's thread: for tests of what happens beside what.</summary>
    internal Action<int, long>? Starting { get; set; }

    // With a condition to wait for, which System.Threading.Lock has not.
    private object Gate { get; } = new();

    private string? Failure { get; set; }

    /// <summary>A rank's end.</summary>
    public ICommunicator this[int rank] => ranks[rank];

    /// <summary>A communicator of one rank, which is alone.</summary>
    public static ICommunicator Alone() => new Loopback(1)[0];

    /// <summary>Runs a replica on a thread for each rank, and waits for all.</summary>
    /// <param name="size">How many.</param>
    /// <param name="replica">What each does. What one throws ends the others, and is thrown here.</param>
    public static void Run(int size, Action<ICommunicator> replica) => new Loopback(size).Run(replica);

    /// <summary>The same of these ranks.</summary>
    public void Run(Action<ICommunicator> replica)
    {
        ArgumentNullException.ThrowIfNull(replica);
        var failures = new Exception?[Size];
        Thread[] threads = [.. ranks.Select(rank => new Thread(() => Run(rank)) { IsBackground = true, Name = $"rank {rank.Rank}" })];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        // What the others say follows from the first that failed by itself.
        if ((failures.FirstOrDefault(failure => failure is not (null or CommunicationException)) ?? failures.FirstOrDefault(failure => failure is not null)) is { } first) ExceptionDispatchInfo.Throw(first);

        void Run(LoopbackRank rank)
        {
            try
            {
                replica(rank);
            }
            catch (Exception exception)
            {
                // Whatever it is, it belongs to the caller: unhandled on this thread it would end the process.
                failures[rank.Rank] = exception;
                rank.Abort(exception.Message);
            }
            finally
            {
                rank.Dispose();
            }
        }
    }

    internal void Fail(int rank, string reason)
    {
        lock (Gate)
        {
            Failure ??= $"rank {rank} of {Size} has failed: {reason}";
            Wake();
        }
    }

    internal void End(int rank)
    {
        lock (Gate)
        {
            hasEnded[rank] = true;
            Wake();
        }
    }

    /// <summary>A rank comes to a meeting; the last one does what it is for.</summary>
    internal void Arrive(int rank, long id, in LoopbackCall call, ReadOnlySpan<byte> bytes = default)
    {
        if (call.Kind == LoopbackKind.Sum) Starting?.Invoke(rank, id);
        lock (Gate)
        {
            LoopbackMeeting meeting = meetings[id % Meetings];
            while (meeting.Id != id) Wait(rank, meeting);
            if (Failure is not null) throw new CommunicationException(Failure);
            if (meeting.Differs(rank, call) is { } difference)
            {
                Failure ??= difference;
                Wake();
                throw new CommunicationException(Failure);
            }
            meeting.Arrive(rank, call, bytes);
            if (!meeting.IsComplete) return;
            meeting.Hold();
            if (call.Kind == LoopbackKind.Sum) (ReducedBytes, Reductions) = (ReducedBytes + ((long)call.Range.Length * sizeof(float)), Reductions + 1);
            Wake();
        }
    }

    /// <summary>Waits until all have come, and leaves.</summary>
    internal void Leave(int rank, long id, Span<byte> all = default)
    {
        lock (Gate)
        {
            LoopbackMeeting meeting = meetings[id % Meetings];
            while (!meeting.IsComplete) Wait(rank, meeting);
            meeting.Bytes(all);
            if (meeting.Leave(Meetings)) Wake();
        }
    }

    internal void Send(int from, int to, TensorRange range)
    {
        lock (Gate)
        {
            letters[from, to] = range;
            Wake();
            while (letters[from, to] is not null) WaitFor(from, to);
        }
    }

    internal void Receive(int to, int from, TensorRange range)
    {
        lock (Gate)
        {
            while (letters[from, to] is null) WaitFor(to, from);
            LoopbackMeeting.Copy(letters[from, to]!.Value, range);
            letters[from, to] = null;
            Wake();
        }
    }

    private void Wait(int rank, LoopbackMeeting meeting)
    {
        if (Failure is not null) throw new CommunicationException(Failure);
        for (int other = 0; other < Size; other++)
        {
            if (hasEnded[other] && !meeting.HasCome(other)) throw new CommunicationException($"rank {other} of {Size} has ended, and rank {rank} waits for it");
        }
        Monitor.Wait(Gate);
    }

    private void WaitFor(int rank, int other)
    {
        if (Failure is not null) throw new CommunicationException(Failure);
        if (hasEnded[other]) throw new CommunicationException($"rank {other} of {Size} has ended, and rank {rank} waits for it");
        Monitor.Wait(Gate);
    }

    private void Wake() => Monitor.PulseAll(Gate);
}
