using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

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
/// The device's threads: N−1 workers and the caller. Dispatch allocates nothing: the work is a struct on the caller's stack, passed by address with a function pointer. (<c>Parallel.For</c> allocates 1.5 KB a call.)
/// Each thread has a share of the parts, the same run of them whenever there are as many, and takes from the others' shares when its own is done. So what one primitive writes is mostly read by the same thread in the next,
/// out of its own caches, and a part is claimed without waiting for another core: between two cores a line takes a third of a microsecond or more. Workers spin briefly for the next work, then block.
/// </summary>
internal sealed unsafe class CpuThreads : IDisposable
{
    // About 50 microseconds: longer than the gap between two primitives of a step, short enough not to keep a core from others for long.
    private const int Spins = 700;

    // Two lines of a cache: processors fetch them in pairs.
    private const int Apart = 128;

    private readonly Thread[] workers;
    private readonly object sleep = new();
    private readonly object done = new();
    private readonly Share[] shares;

    private int sleepers;
    private int callerSleeps;
    private bool isDisposed;
    private Exception? failure;

    // Written in each dispatch, so away from what workers read.
    private Lonely unfinished;

    public CpuThreads(int count)
    {
        Count = count;
        shares = new Share[count];
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

    /// <summary>Runs every part and returns when all are done; rethrows the first exception of a part. One caller at a time: whoever has the device.</summary>
    public void Run<TWork>(ref TWork work, int parts)
        where TWork : struct, IParallelWork
    {
        if (parts <= 0) return;

        if (parts == 1 || Count == 1)
        {
            for (int part = 0; part < parts; part++) work.Run(part, 0);
            return;
        }
        // The struct's address stays valid: it is in a caller's stack frame, which outlives this method, or the frame's reference keeps it where it is.
        fixed (byte* address = &Unsafe.As<TWork, byte>(ref work)) Dispatch(address, &Invoke<TWork>, parts);
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
        unfinished.Value = parts;
        int generation = (int)(shares[0].Claims >> 32) + 1;
        // Fewer parts than threads leave the last ones alone.
        int owners = Math.Min(Count, parts);
        for (int owner = owners - 1; owner >= 0; owner--)
        {
            ref Share share = ref shares[owner];
            share.Work = work;
            share.Run = run;
            share.End = CpuParallel.Start(owner + 1, parts, owners);
            // Last: whoever sees the generation sees the rest.
            Volatile.Write(ref share.Claims, ((long)generation << 32) | (uint)(share.End - CpuParallel.Start(owner, parts, owners)));
        }
        // The shares are visible before the sleepers are counted.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref sleepers) > 0)
        {
            lock (sleep) Monitor.PulseAll(sleep);
        }
        RunParts(generation, 0);
        WaitForWorkers();
        if (failure is not { } first) return;
        failure = null;
        ExceptionDispatchInfo.Throw(first);
    }

    private void Work(int worker)
    {
        int seen = 0;
        while (WaitForWork(worker, ref seen)) RunParts(seen, worker);
    }

    /// <summary>Runs the worker's own share, then what is left of the others'.</summary>
    private void RunParts(int generation, int worker)
    {
        int ran = 0;
        for (int i = 0, owner = worker; i < shares.Length; i++)
        {
            ran += RunShare(ref shares[owner], generation, worker);
            if (++owner == shares.Length) owner = 0;
        }
        // Once, not after each part: the line is every thread's.
        if (ran > 0 && Interlocked.Add(ref unfinished.Value, -ran) == 0 && Volatile.Read(ref callerSleeps) != 0)
        {
            lock (done) Monitor.PulseAll(done);
        }
    }

    private int RunShare(ref Share share, int generation, int worker)
    {
        int ran = 0;
        while (true)
        {
            long now = Volatile.Read(ref share.Claims);
            int left = (int)(uint)now;
            if ((int)(now >> 32) != generation || left == 0) return ran;
            if (Interlocked.CompareExchange(ref share.Claims, now - 1, now) != now) continue;
            ran++;
            try
            {
                share.Run(share.Work, share.End - left, worker);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, exception, null);
            }
        }
    }

    /// <summary>Waits for a generation other than the last one seen; false when the threads are to end.</summary>
    private bool WaitForWork(int worker, ref int seen)
    {
        for (int i = 0; i < Spins; i++)
        {
            if (IsNew(worker, ref seen)) return true;
            Thread.SpinWait(2);
        }
        lock (sleep)
        {
            while (true)
            {
                // Counted first, then looked: either the caller sees the sleeper or the sleeper sees the work. The caller pulses under the lock, so not
                // before the wait.
                Interlocked.Increment(ref sleepers);
                bool isNew = IsNew(worker, ref seen);
                if (!isNew && !isDisposed) Monitor.Wait(sleep);
                Interlocked.Decrement(ref sleepers);
                if (isNew) return true;
                if (isDisposed) return false;
            }
        }
    }

    private bool IsNew(int worker, ref int seen)
    {
        int generation = (int)(Volatile.Read(ref shares[worker].Claims) >> 32);
        if (generation == seen) return false;
        seen = generation;
        return true;
    }

    private void WaitForWorkers()
    {
        for (int i = 0; i < Spins; i++)
        {
            if (Volatile.Read(ref unfinished.Value) == 0) return;
            Thread.SpinWait(2);
        }
        lock (done)
        {
            Interlocked.Exchange(ref callerSleeps, 1);
            while (Volatile.Read(ref unfinished.Value) != 0) Monitor.Wait(done);
            callerSleeps = 0;
        }
    }

    /// <summary>One thread's parts. A thread that comes late fails to claim, because the generation has moved on; one that has claimed a part may read the other fields, because the caller waits for that part.</summary>
    [StructLayout(LayoutKind.Sequential, Size = Apart)]
    private struct Share
    {
        /// <summary>Generation in the high half, parts not yet claimed in the low half.</summary>
        public long Claims;
        public void* Work;
        public delegate*<void*, int, int, void> Run;

        /// <summary>One past the last part.</summary>
        public int End;
    }

    /// <summary>A number on lines of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 2 * Apart)]
    private struct Lonely
    {
        [FieldOffset(Apart)]
        public int Value;
    }
}
