using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Data;

/// <summary>Parts of batches: together they are the batches, in their order, whatever their number.</summary>
public sealed class BatchCutTests
{
    [Theory]
    [InlineData(8, 1)]
    [InlineData(8, 3)]
    [InlineData(8, 8)]
    [InlineData(8, 12)]
    [InlineData(3, 4)]
    public void PartsAreTheBatchInItsOrderAndTheFirstIsNeverEmpty(int batch, int parts)
    {
        HostDataSet data = HostDataSet.FromArrays([.. Enumerable.Range(0, 42).Select(i => (float)i)], [2], [.. Enumerable.Range(0, 21).Select(i => i % 3)], 3);
        foreach (bool prefetch in (bool[])[false, true])
        {
            var options = new BatchOptions { BatchSize = batch, Seed = 4, Prefetch = prefetch };
            float[][] whole = Read(data, options, 1);
            var cut = new BatchCut(parts, 0, parts);
            // A batch that is joined by a lone last sample has one more.
            Assert.Equal(whole.SelectMany(values => values), Read(data, options with { Cut = cut }, 1).SelectMany(values => values));
            for (int ranks = 1; ranks <= Math.Min(parts, 4); ranks++)
            {
                BatchCut[] shares = [.. Enumerable.Range(0, ranks).Select(rank => BatchCut.Of(parts, rank, ranks))];
                Assert.Equal(parts, shares.Sum(share => share.Count));
                Assert.True(cut.CountOf(1, 0) == 1 && shares[0].First == 0 && shares[0].Count > 0);
                float[][][] read = [.. shares.Select(share => Read(data, options with { Cut = share }, 1))];
                Assert.Equal(whole.Sum(values => values.Length), read.Sum(rank => rank.Sum(values => values.Length)));
                Assert.All(Enumerable.Range(0, ranks - 1), rank => Assert.InRange(shares[rank + 1].Count, shares[rank].Count - 1, shares[rank].Count + 1));
            }
        }
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(3, -1, 2)]
    [InlineData(3, 2, 1)]
    [InlineData(3, 0, 4)]
    public void WrongPartsAreRefused(int parts, int first, int end) => Assert.Throws<ArgumentOutOfRangeException>(() => new BatchCut(parts, first, end));

    private static float[][] Read(HostDataSet data, BatchOptions options, int epoch)
    {
        using var reader = new BatchReader(data, options);
        return [.. reader.Read(epoch).Select(batch => batch.Inputs.ToArray())];
    }
}
