using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Dropout of a part of a batch drops what it would in the whole.</summary>
public sealed class PartDrawTests
{
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(true, 3)]
    public void APartDrawsWhatTheWholeWould(bool isCpu, int threads)
    {
        using Device device = isCpu ? new CpuDevice(threads) : new ReferenceDevice();
        const int Length = 5003;
        using Tensor ones = Tensor.From(device, [.. Enumerable.Repeat(1f, Length)], [Length]);
        var key = new DropoutKey(77, 3, 0.3f);
        using Tensor whole = ones.Dropout(key);
        float[] expected = whole.ToArray();
        Assert.InRange(expected.Count(value => value == 0), 0.25 * Length, 0.35 * Length);
        // Starts within blocks of the generator and at them, lengths below and above what is drawn at a time.
        foreach ((int first, int length) in new[] { (0, 7), (1, 3), (2, 256), (3, 1001), (4, 259), (255, 4), (258, 4745), (4999, 4) })
        {
            using Tensor part = Tensor.From(device, [.. Enumerable.Repeat(1f, length)], [length]), kept = part.Dropout(key with { First = (ulong)first });
            Assert.Equal(expected.AsSpan(first, length).ToArray(), kept.ToArray());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SoDoesAttention(bool isCpu)
    {
        using Device device = isCpu ? new CpuDevice(1) : new ReferenceDevice();
        const int Samples = 5, Places = 6, Width = 8, Heads = 2;
        float[] values = [.. Enumerable.Range(0, Samples * Places * Width).Select(i => MathF.Sin(i))];
        float[] Attended(int first, int count)
        {
            using Tensor x = Tensor.From(device, values.AsSpan(first * Places * Width, count * Places * Width), [count, Places, Width]);
            // Rows of weights are rounded up to whole blocks: 6 keys are 8.
            using Tensor y = x.Attention(x, x, Heads, new AttentionOptions { Dropout = new DropoutKey(5, 1, 0.4f) { First = (ulong)(first * Heads * Places * 8) } });
            return y.ToArray();
        }

        float[] whole = Attended(0, Samples);
        Assert.Equal(whole.AsSpan(3 * Places * Width).ToArray(), Attended(3, 2));
        Assert.NotEqual(whole.AsSpan(0, Places * Width).ToArray(), whole.AsSpan(Places * Width, Places * Width).ToArray());
    }
}
