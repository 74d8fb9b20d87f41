using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace ResearchFreeze.Autograd;

/// <summary>A piece of work in numbered parts that any thread may run in any order.</summary>
internal interface IParallelWork
{
    /// <summary>Runs one part.</summary>
    /// <param name="part">0 to the number of parts.</param>
    /// <param name="worker">0 for the caller, else the worker's number: an index for scratch memory.</param>
    void Run(int part, int worker);
}

/// <summary>
/// The device's threads: N−1 workers and the caller. Dispatch allocates nothing: the work is a struct on the caller's stack, passed by address with a
/// function pointer,
/// and parts are claimed from one 64-bit word. (<c>Parallel.For</c> allocates 1.5 KB a call.) Workers spin briefly for the next work, then block.
/// </summary>
internal sealed unsafe class CpuThreads : IDisposable
{
    // About 50 microseconds: longer than the gap between two primitives of a step, short enough not to keep a core from others for long.
    private const int Spins = 700;

    private readonly Thread[] workers;
    private readonly object sleep = new();
    private readonly object done = new();

    // Generation in the high half, parts not yet claimed in the low half. A worker that comes late fails to claim, because the generation has moved on;
    // one that has claimed a part may read the fields below, because the caller waits for that part.
    private long state;
    private void* work;
    private delegate*<void*, int, int, void> run;
    private int parts;

    private int unfinished;
    private int sleepers;
    private int callerSleeps;
    private int isBusy;
    private bool isDisposed;
    private Exception? failure;

    public CpuThreads(int count)
    {
        Count = count;
        workers = new Thread[count - 1];
        for (int i = 0; i < workers.Length; i++)
        {
            int worker = i + 1;
            workers[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"ResearchFreeze cpu {worker}" };
            workers[i].Start();
        }
    }

    /// <summary>Threads, with the caller's.</summary>
    public int Count { get; }

    /// <summary>Runs every part and returns when all are done; rethrows the first exception of a part.</summary>
    public void Run<TWork>(ref TWork work, int parts)
        where TWork : struct, IParallelWork
    {
        if (parts <= 0) return;

        // A second host thread on the same device runs its work itself: who runs a part never changes a result.
        if (parts == 1 || Count == 1 || Interlocked.CompareExchange(ref isBusy, 1, 0) != 0)
        {
            for (int part = 0; part < parts; part++) work.Run(part, 0);
            return;
        }
        try
        {
            // The struct's address stays valid: it is in a caller's stack frame, which outlives this method, or the frame's reference keeps it where it is.
            fixed (byte* address = &Unsafe.As<TWork, byte>(ref work)) Dispatch(address, &Invoke<TWork>, parts);
        }
        finally
        {
            Volatile.Write(ref isBusy, 0);
        }
    }

    public void Dispose()
    {
        lock (sleep)
        {
            isDisposed = true;
            Monitor.PulseAll(sleep);
        }
        foreach (Thread worker in workers) worker.Join();
    }

    private static void Invoke<TWork>(void* work, int part, int worker)
        where TWork : struct, IParallelWork => Unsafe.AsRef<TWork>(work).Run(part, worker);

    private void Dispatch(void* work, delegate*<void*, int, int, void> run, int parts)
    {
        this.work = work;
        this.run = run;
        this.parts = parts;
        failure = null;
        unfinished = parts;
        int generation = (int)(state >> 32) + 1;

        // A full fence: the fields above are visible before the parts are, and the sleepers are counted after.
        Interlocked.Exchange(ref state, ((long)generation << 32) | (uint)parts);
        if (Volatile.Read(ref sleepers) > 0)
        {
            lock (sleep) Monitor.PulseAll(sleep);
        }
        RunParts(generation, 0);
        WaitForWorkers();
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
    }

    private void Work(int worker)
    {
        int seen = 0;
        while (WaitForWork(ref seen)) RunParts(seen, worker);
    }

    private void RunParts(int generation, int worker)
    {
        while (true)
        {
            long now = Volatile.Read(ref state);
            int left = (int)(uint)now;
            if ((int)(now >> 32) != generation || left == 0) return;
            if (Interlocked.CompareExchange(ref state, now - 1, now) != now) continue;
            try
            {
                run(work, parts - left, worker);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, exception, null);
            }
            if (Interlocked.Decrement(ref unfinished) == 0 && Volatile.Read(ref callerSleeps) != 0)
            {
                lock (done) Monitor.PulseAll(done);
            }
        }
    }

    /// <summary>Waits for a generation other than the last one seen; false when the threads are to end.</summary>
    private bool WaitForWork(ref int seen)
    {
        for (int i = 0; i < Spins; i++)
        {
            if (IsNew(ref seen)) return true;
            Thread.SpinWait(2);
        }
        lock (sleep)
        {
            while (true)
            {
                // Counted first, then looked: either the caller sees the sleeper or the sleeper sees the work. The caller pulses under the lock, so not
                // before the wait.
                Interlocked.Increment(ref sleepers);
                bool isNew = IsNew(ref seen);
                if (!isNew && !isDisposed) Monitor.Wait(sleep);
                Interlocked.Decrement(ref sleepers);
                if (isNew) return true;
                if (isDisposed) return false;
            }
        }
    }

    private bool IsNew(ref int seen)
    {
        int generation = (int)(Volatile.Read(ref state) >> 32);
        if (generation == seen) return false;
        seen = generation;
        return true;
    }

    private void WaitForWorkers()
    {
        for (int i = 0; i < Spins; i++)
        {
            if (Volatile.Read(ref unfinished) == 0) return;
            Thread.SpinWait(2);
        }
        lock (done)
        {
            Interlocked.Exchange(ref callerSleeps, 1);
            while (Volatile.Read(ref unfinished) != 0) Monitor.Wait(done);
            callerSleeps = 0;
        }
    }
}
