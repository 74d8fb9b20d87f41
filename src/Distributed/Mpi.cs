using System.Diagnostics;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Distributed;

/// <summary>
/// The ranks that <c>mpirun</c> or <c>srun</c> have started, over the MPI library of the machine. All calls of MPI are made by one thread, which begins what it is asked for in order and moves it on beside the training thread, so that any
/// build of MPI will do; sums are taken in the CPU device's own memory. One in a process, once.
/// </summary>
public sealed class Mpi : ICommunicator
{
    /// <summary>How long a rank that was told to end waits without a word, and how long one that aborts the job waits for its own end.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(0.6), Patience = TimeSpan.FromSeconds(10);

    private readonly object gate = new();
    private readonly Queue<(long Id, MpiRequest Request)> asked = new();
    private readonly MpiLibrary library;
    private readonly Thread thread;
    private long next, done;       // requests that were asked for; those that are done, in their order
    private Exception? failure;
    private bool isEnding, isReady;
    private int? abortCode;
    private long toldToEnd;
    private bool isAnswered;       // since then: the others are there

    private Mpi(MpiLibrary library)
    {
        this.library = library;
        thread = new Thread(Work) { IsBackground = true, Name = "MPI" };
        thread.Start();
        lock (gate)
        {
            while (!isReady && failure is null) Monitor.Wait(gate);
        }
        if (failure is not null) throw new ArgumentException(failure.Message, failure);
    }

    /// <inheritdoc/>
    public int Rank { get; private set; }

    /// <inheritdoc/>
    public int Size { get; private set; }

    /// <inheritdoc/>
    public string Description => library.Version;

    /// <summary>Receives a line when this rank was told to end and waits for others that may be gone.</summary>
    public Action<string>? Warn { get; set; }

    /// <summary>Begins MPI.</summary>
    /// <exception cref="ArgumentException">There is no MPI library; or the launcher started several tasks, and MPI knows of one: each would train alone, and write to the same folder.</exception>
    public static Mpi Start()
    {
        var mpi = new Mpi(MpiLibrary.Load());
        if (Launch.Problem(mpi.Size, mpi.Description, Environment.GetEnvironmentVariable) is not { } problem) return mpi;
        mpi.Dispose();
        throw new ArgumentException(problem);
    }

    /// <summary>This rank was told to end (SIGTERM): perhaps since another has died. It goes on as the others let it, and says so where none answers; who has told it ends it in the end.</summary>
    public void ToldToEnd()
    {
        lock (gate)
        {
            if (toldToEnd == 0) toldToEnd = Stopwatch.GetTimestamp();
            Monitor.PulseAll(gate);
        }
    }

    /// <inheritdoc/>
    public string? Refuses(Device device) => device is CpuDevice ? null : "MPI reads the host's memory, which must be the device's own";

    /// <inheritdoc/>
    public long StartAllReduce(TensorRange range) => Ask(new MpiRequest(MpiKind.Sum, range.Storage.Device.HostAddress(range, isWritten: true), 0, range.Length, 0));

    /// <inheritdoc/>
    public void WaitFor(long reduction) => Await(reduction);

    /// <inheritdoc/>
    public void Broadcast(TensorRange range, int root) => Await(Ask(new MpiRequest(MpiKind.Broadcast, range.Storage.Device.HostAddress(range, Rank != root), 0, range.Length, root)));

    /// <inheritdoc/>
    public void Send(TensorRange range, int to) => Await(Ask(new MpiRequest(MpiKind.Send, range.Storage.Device.HostAddress(range, isWritten: false), 0, range.Length, to)));

    /// <inheritdoc/>
    public void Receive(TensorRange range, int from) => Await(Ask(new MpiRequest(MpiKind.Receive, range.Storage.Device.HostAddress(range, isWritten: true), 0, range.Length, from)));

    /// <inheritdoc/>
    public unsafe void AllGather(ReadOnlySpan<byte> mine, Span<byte> all)
    {
        if (all.Length != mine.Length * Size) throw new ArgumentException($"AllGather: {Size} ranks with {mine.Length} bytes each need {mine.Length * Size}, found {all.Length}.", nameof(all));
        // Held where it is until the call is done.
        fixed (byte* from = mine, to = all) Await(Ask(new MpiRequest(MpiKind.Gather, (nint)from, (nint)to, mine.Length, 0)));
    }

    /// <inheritdoc/>
    public void Barrier() => AllGather([0], stackalloc byte[Size]);

    /// <inheritdoc/>
    public void Abort(string reason)
    {
        lock (gate)
        {
            abortCode = 1;
            Monitor.PulseAll(gate);
        }
        // MPI_Abort does not return; where it hangs, the launcher sees the process end.
        thread.Join(Patience);
    }

    /// <summary>Ends MPI, when all ranks do.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            isEnding = true;
            Monitor.PulseAll(gate);
        }
        thread.Join();
    }

    private long Ask(in MpiRequest request)
    {
        lock (gate)
        {
            if (failure is not null) throw new CommunicationException(failure.Message, failure);
            asked.Enqueue((next, request));
            Monitor.PulseAll(gate);
            return next++;
        }
    }

    private void Await(long id)
    {
        lock (gate)
        {
            while (done <= id)
            {
                if (failure is not null) throw new CommunicationException(failure.Message, failure);
                Monitor.Wait(gate, toldToEnd == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(0.1));
                if (toldToEnd != 0 && done <= id) WatchTheEnd();
            }
        }
    }

    private void WatchTheEnd()
    {
        if (Stopwatch.GetElapsedTime(toldToEnd) <= Quiet || isAnswered) return;
        // Once.
        isAnswered = true;
        Warn?.Invoke($"rank {Rank} of {Size} was told to end and waits for the others, of which one may be gone");
    }

    /// <summary>The one thread that calls MPI.</summary>
    private void Work()
    {
        try
        {
            (int own, int all) = library.Begin();
            lock (gate)
            {
                (Rank, Size, isReady) = (own, all, true);
                Monitor.PulseAll(gate);
            }
            Serve();
            library.End();
        }
        catch (Exception exception)
        {
            // Whatever it is, it is told on the thread that waits.
            lock (gate)
            {
                failure = exception;
                Monitor.PulseAll(gate);
            }
        }
    }

    private void Serve()
    {
        // In the order in which they began; each moves on with every test, and is done in that order for those who wait.
        var underWay = new Queue<nint>();
        while (true)
        {
            lock (gate)
            {
                while (underWay.Count == 0 && asked.Count == 0 && !isEnding && abortCode is null) Monitor.Wait(gate);
                if (abortCode is { } code) library.Abort(code);
                if (isEnding && underWay.Count == 0 && asked.Count == 0) return;
                while (asked.TryDequeue(out (long Id, MpiRequest Request) next)) underWay.Enqueue(Begin(next.Request));
            }
            nint request = underWay.Peek();
            if (!library.IsDone(ref request))
            {
                // The processor is somebody else's meanwhile: ranks may be more than processors.
                Thread.Yield();
                continue;
            }
            underWay.Dequeue();
            lock (gate)
            {
                done++;
                isAnswered |= toldToEnd != 0;
                Monitor.PulseAll(gate);
            }
        }
    }

    private nint Begin(in MpiRequest request) => request.Kind switch
    {
        MpiKind.Sum => library.Sum(request.Memory, request.Count),
        MpiKind.Broadcast => library.Broadcast(request.Memory, request.Count, request.Other),
        MpiKind.Send => library.Send(request.Memory, request.Count, request.Other),
        MpiKind.Receive => library.Receive(request.Memory, request.Count, request.Other),
        _ => library.Gather(request.Memory, request.All, request.Count),
    };
}
