using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

public sealed class LengthBucketTests
{
    [Theory]
    [InlineData(1000, 8)]
    [InlineData(1001, 8)]      // a lone sample joins the batch before
    [InlineData(1005, 8)]
    [InlineData(5, 8)]
    public void An_epoch_has_each_sample_once_and_the_odd_batch_last(int samples, int size)
    {
        using var reader = new BatchReader(TokenTasks.Made(samples), new BatchOptions { BatchSize = size, Seed = 4 });
        int[] counts = [.. reader.Read(2).Select(batch => batch.Count)];
        Assert.All(counts[..^1], count => Assert.Equal(size, count));
        Assert.Equal(Enumerable.Range(0, samples), reader.Read(2).SelectMany(batch => batch.SampleIds.ToArray()).Order());
    }

    [Fact]
    public void Order_depends_on_seed_and_epoch_alone_and_any_batch_can_be_begun_at()
    {
        HostDataSet data = TokenTasks.Made(500);
        string[] whole = Batches(data, 7, 3, 0);
        Assert.Equal(whole, Batches(data, 7, 3, 0));
        Assert.NotEqual(whole, Batches(data, 7, 4, 0));
        Assert.NotEqual(whole, Batches(data, 8, 3, 0));
        for (int start = 0; start <= whole.Length; start += 9) Assert.Equal(whole[start..], Batches(data, 7, 3, start));
    }

    [Fact]
    public void Little_is_padding_and_company_changes()
    {
        HostDataSet data = TokenTasks.Made(4000, longest: 60);
        using var reader = new BatchReader(data, new BatchOptions { BatchSize = 16, Seed = 1 });
        using var plain = new BatchReader(data, new BatchOptions { BatchSize = 16, Shuffle = false });
        (double bucketed, double unsorted) = (reader.PaddingShare(1), plain.PaddingShare(1));
        Assert.InRange(bucketed, 0.001, 0.05);
        Assert.InRange(unsorted, 0.3, 0.7);
        // Counted by hand from the batches.
        long own = 0, all = 0;
        foreach (HostBatch batch in reader.Read(1)) (own, all) = (own + batch.Lengths.ToArray().Sum(), all + batch.Tokens.Length);
        Assert.Equal(1 - ((double)own / all), bucketed, 1e-12);
        int[] first = reader.Read(1).First(batch => batch.SampleIds.Contains(17)).SampleIds.ToArray(), second = reader.Read(2).First(batch => batch.SampleIds.Contains(17)).SampleIds.ToArray();
        Assert.NotEqual(first.Order(), second.Order());
        // Short and long batches are mixed, and do not follow one another by length.
        int[] lengths = [.. reader.Read(1).Select(batch => batch.Length)];
        Assert.InRange(lengths.Zip(lengths.Skip(1)).Count(pair => pair.First > pair.Second), lengths.Length / 3, lengths.Length);
    }

    [Fact]
    public void Batches_are_what_they_are_whether_prefetched_or_not()
    {
        HostDataSet data = TokenTasks.Made(200);
        foreach (bool prefetch in (bool[])[true, false])
        {
            using var reader = new BatchReader(data, new BatchOptions { BatchSize = 16, Seed = 2, Prefetch = prefetch });
            foreach (HostBatch batch in reader.Read(0))
            {
                Assert.Equal(batch.Lengths.ToArray().Max(), batch.Length);
                for (int i = 0; i < batch.Count; i++)
                {
                    int[] expected = [.. data.TokensOf(batch.SampleIds[i]), .. new int[batch.Length - batch.Lengths[i]]];
                    Assert.Equal(expected, batch.Tokens.Slice(i * batch.Length, batch.Length).ToArray());
                }
            }
        }
    }

    private static string[] Batches(HostDataSet data, ulong seed, int epoch, int start)
    {
        using var reader = new BatchReader(data, new BatchOptions { BatchSize = 16, Seed = seed });
        return [.. reader.Read(epoch, start).Select(batch => string.Join(' ', batch.SampleIds.ToArray()) + "|" + string.Join(' ', batch.Tokens.ToArray()))];
    }
}
