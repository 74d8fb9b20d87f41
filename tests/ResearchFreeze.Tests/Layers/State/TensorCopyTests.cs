using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

public class TensorCopyTests
{
    /// <summary>Of two and a half pieces and of one element; −0 is not 0, and NaN is itself.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1 << 20)]
    [InlineData((5 << 19) - 1)]
    public void ItIsCurrentUntilABitDiffersAndLooksAtItInPieces(int place)
    {
        using var device = new CpuDevice(1);
        var elements = new float[5 << 19];
        elements[7] = float.NaN;
        using Tensor large = Tensor.From(device, elements, [elements.Length]), small = Tensor.Full(device, [1], 3), none = Tensor.Zeros(device, [0]);
        using var copy = new TensorCopy([large, none, small]);
        Assert.False(copy.IsCurrent());
        copy.Take();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(copy.IsCurrent());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 8 << 20, 9 << 20);
        elements[place] = -0f;
        device.Upload(elements, large.Range);
        Assert.False(copy.IsCurrent());
        copy.Restore();
        Assert.True(copy.IsCurrent());
        device.Fill(small.Range, 4);
        Assert.False(copy.IsCurrent());
    }
}
