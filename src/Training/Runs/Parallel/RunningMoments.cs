using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// Buffers that a step writes (running moments of batch norms), each rank by its own samples: their mean over the ranks, weighted by samples, is everybody's. What no rank has written, as that of a frozen norm, is not touched.
/// </summary>
internal sealed class RunningMoments(ModuleBase model, DataParallel parallel)
{
    private const int Bits = 64;
    private readonly Tensor[] buffers = [.. model.Buffers().Select(buffer => buffer.Value)];
    private readonly int[] versions = new int[model.Buffers().Count()];
    private readonly bool[] isWritten = new bool[model.Buffers().Count()];

    /// <summary>Words that say which were written.</summary>
    public int Words => (buffers.Length + Bits - 1) / Bits;

    /// <summary>A step begins.</summary>
    public void Begin()
    {
        for (int i = 0; i < buffers.Length; i++) (versions[i], isWritten[i]) = (buffers[i].Range.Storage.Version, false);
    }

    /// <summary>Which this rank has written.</summary>
    public void Say(Span<long> words)
    {
        words.Clear();
        for (int i = 0; i < buffers.Length; i++) words[i / Bits] |= buffers[i].Range.Storage.Version != versions[i] ? 1L << (i % Bits) : 0;
    }

    /// <summary>Which another has.</summary>
    public void Hear(ReadOnlySpan<long> words)
    {
        for (int i = 0; i < buffers.Length; i++) isWritten[i] |= (words[i / Bits] >> (i % Bits) & 1) != 0;
    }

    /// <summary>Their means over the ranks.</summary>
    /// <param name="share">This rank's part of the step's samples.</param>
    public void Average(float share)
    {
        if (parallel.Communicator.Size == 1) return;
        int length = 0;
        for (int i = 0; i < buffers.Length; i++) length += isWritten[i] ? buffers[i].Shape.Count : 0;
        if (length == 0) return;
        Device device = buffers[0].Device;
        // One message for all: they are small and many. Its memory is the pool's.
        using Tensor sum = Tensor.Empty(device, [length], MemoryKind.Statistic);
        for (int i = 0, at = 0; i < buffers.Length; i++)
        {
            if (!isWritten[i]) continue;
            device.AddScaled(share, buffers[i].Range, 0, sum.Range.Slice(at, buffers[i].Shape.Count));
            at += buffers[i].Shape.Count;
        }
        parallel.Sum(sum.Range);
        for (int i = 0, at = 0; i < buffers.Length; i++)
        {
            if (!isWritten[i]) continue;
            device.Copy(sum.Range.Slice(at, buffers[i].Shape.Count), buffers[i].Range);
            at += buffers[i].Shape.Count;
        }
    }
}
