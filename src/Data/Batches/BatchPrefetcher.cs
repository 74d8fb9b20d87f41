using System.Runtime.ExceptionServices;

namespace ResearchFreeze.Data;

/// <summary>
/// Fills two batches in turn on a thread of its own: one is used while the other is filled, and the thread waits when both are full.
/// An exception reaches the consumer in place of the batch that raised it, after the batches before.
/// </summary>
internal sealed class BatchPrefetcher : IDisposable
{
    private readonly HostBatch[] buffers;
    private readonly Action<int, HostBatch> fill;
    private readonly int first;
    private readonly int end;
    private readonly SemaphoreSlim free;
    private readonly SemaphoreSlim filled = new(0);
    private readonly Thread thread;
    private volatile bool stopping;
    private ExceptionDispatchInfo? failure;
    private int failedAt = -1;

    public BatchPrefetcher(HostBatch[] buffers, int first, int end, Action<int, HostBatch> fill)
    {
        (this.buffers, this.first, this.end, this.fill) = (buffers, first, end, fill);
        free = new SemaphoreSlim(buffers.Length);
        // In the background: a consumer that forgets to dispose must not keep the process alive.
        thread = new Thread(Run) { IsBackground = true, Name = "batch prefetch" };
        thread.Start();
    }

    /// <summary>Waits for batch <paramref name="index"/>. Called for each index in turn; gives the batch before back to be filled.</summary>
    public HostBatch Next(int index)
    {
        if (index > first) free.Release();
        filled.Wait();
        // The semaphore orders the thread's writes before these reads.
        if (index == failedAt) failure!.Throw();
        return BufferOf(index);
    }

    public void Dispose()
    {
        stopping = true;
        free.Release();
        thread.Join();
        free.Dispose();
        filled.Dispose();
    }

    private HostBatch BufferOf(int index) => buffers[index % buffers.Length];

    private void Run()
    {
        for (int index = first; index < end; index++)
        {
            free.Wait();
            if (stopping) return;
            try
            {
                fill(index, BufferOf(index));
            }
            catch (Exception error)
            {
                // Whatever it is, it belongs to the consumer: unhandled on this thread it would end the process.
                (failure, failedAt) = (ExceptionDispatchInfo.Capture(error), index);
                filled.Release();
                return;
            }
            filled.Release();
        }
    }
}
