using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

public sealed class RandomStreamTests
{
    /// <summary>A block's four numbers are computed once and kept, which must not be seen wherever the position is set to.</summary>
    [Fact]
    public void ANumberIsItsPositionsAlone()
    {
        var stream = new RandomStream(7, "positions");
        ulong key = RandomStream.KeyOf(7, "positions");
        foreach (ulong start in (ulong[])[0, 0, 3, 2, 9, 1, 4, 1UL << 34, 2, ulong.MaxValue - 4])
        {
            stream.Position = start;
            for (ulong i = 0; i < 7; i++) Assert.Equal(Philox.Draw(key, 0, unchecked(start + i)), stream.NextUInt32());
            Assert.Equal(unchecked(start + 7), stream.Position);
        }
    }
}
