using System.Runtime.InteropServices;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>Elements that stay on their device until they are written, in the device's own precision: a model that is saved takes no second copy of its size. Each read waits for the device.</summary>
/// <param name="tensor">The tensor; it stays as it is until then.</param>
internal sealed class TensorElements(Tensor tensor) : IElementBytes
{
    /// <inheritdoc/>
    public long Length => (long)tensor.Shape.Count * tensor.Device.RealSize;

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> to)
    {
        int size = tensor.Device.RealSize;
        TensorRange range = tensor.Range.Slice((int)(offset / size), to.Length / size);
        if (size == sizeof(float)) tensor.Device.Download(range, MemoryMarshal.Cast<byte, float>(to));
        else tensor.Device.Download(range, MemoryMarshal.Cast<byte, double>(to));
    }
}
