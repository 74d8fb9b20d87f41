using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

public sealed class BatchReaderTests
{
    private static readonly Normalisation Scale = new(0.25, 0.5);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(10)]
    [InlineData(50)]
    [InlineData(64)]
    public void Prefetching_changes_no_bit(int batchSize)
    {
        HostDataSet data = Images(50);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            string[] ahead = Read(data, new BatchOptions { BatchSize = batchSize, Seed = 3 }, epoch);
            string[] plain = Read(data, new BatchOptions { BatchSize = batchSize, Seed = 3, Prefetch = false }, epoch);
            Assert.Equal(plain, ahead);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Batches_follow_the_order_and_the_last_is_short(bool prefetch)
    {
        HostDataSet data = Images(10);
        using var reader = new BatchReader(data, new BatchOptions { BatchSize = 4, Seed = 3, Prefetch = prefetch });
        Assert.Equal(3, reader.BatchCount);
        var ids = new List<int>();
        var sample = new float[data.SampleSize];
        int index = 0;
        foreach (HostBatch batch in reader.Read(5))
        {
            Assert.Equal((5, index++), (batch.Epoch, batch.Index));
            Assert.Equal(index == 3 ? 2 : 4, batch.Count);
            Assert.Equal((batch.Count, batch.Count, batch.Count * 6), (batch.Labels.Length, batch.SampleIds.Length, batch.Inputs.Length));
            for (int i = 0; i < batch.Count; i++)
            {
                data.CopySample(batch.SampleIds[i], sample);
                Assert.Equal(sample, batch.Inputs.Slice(i * 6, 6).ToArray());
                Assert.Equal(data.Labels[batch.SampleIds[i]], batch.Labels[i]);
            }
            ids.AddRange(batch.SampleIds);
        }
        Assert.Equal(SampleOrder.For(10, 3, 5), ids);
    }

    [Fact]
    public void A_short_batch_can_be_dropped()
    {
        using var reader = new BatchReader(Images(10), new BatchOptions { BatchSize = 4, DropLast = true });
        Assert.Equal(2, reader.BatchCount);
        Assert.Equal([4, 4], reader.Read(0).Select(batch => batch.Count));
        using var whole = new BatchReader(Images(8), new BatchOptions { BatchSize = 4, DropLast = true });
        Assert.Equal(2, whole.BatchCount);
    }

    [Fact]
    public void Without_shuffling_ids_ascend()
    {
        using var reader = new BatchReader(Images(10), new BatchOptions { BatchSize = 4, Shuffle = false });
        Assert.Equal(Enumerable.Range(0, 10), reader.Read(1).SelectMany(batch => batch.SampleIds.ToArray()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reading_resumes_at_a_batch(bool prefetch)
    {
        var options = new BatchOptions { BatchSize = 4, Seed = 9, Prefetch = prefetch };
        string[] all = Read(Images(22), options, 2);
        for (int start = 0; start <= all.Length; start++) Assert.Equal(all[start..], Read(Images(22), options, 2, start));
    }

    [Fact]
    public void Ids_only_decodes_nothing()
    {
        int calls = 0;
        var options = new BatchOptions { BatchSize = 4, Seed = 9, IdsOnly = true, Transform = _ => calls++ };
        using var reader = new BatchReader(Images(10), options);
        var ids = new List<int>();
        foreach (HostBatch batch in reader.Read(1))
        {
            Assert.True(batch.Inputs.IsEmpty);
            Assert.Equal(batch.SampleIds.ToArray().Select(id => id % 3), batch.Labels.ToArray());
            ids.AddRange(batch.SampleIds);
        }
        Assert.Equal(SampleOrder.For(10, 9, 1), ids);
        Assert.Equal(0, calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_transform_changes_inputs_of_the_batch_only(bool prefetch)
    {
        HostDataSet data = Images(10);
        var options = new BatchOptions { BatchSize = 4, Prefetch = prefetch, Transform = batch => batch.Inputs.Fill(batch.Index) };
        using var reader = new BatchReader(data, options);
        foreach (HostBatch batch in reader.Read(0)) Assert.Equal(Enumerable.Repeat((float)batch.Index, batch.Count * 6), batch.Inputs.ToArray());
        var sample = new float[6];
        data.CopySample(0, sample);
        Assert.Equal(-0.5f, sample[0]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_error_takes_the_place_of_its_batch(bool prefetch)
    {
        var options = new BatchOptions
        {
            BatchSize = 2,
            Prefetch = prefetch,
            Transform = batch => { if (batch is { Epoch: 1, Index: 3 }) throw new InvalidOperationException("bad sample"); },
        };
        using var reader = new BatchReader(Images(20), options);
        int read = 0;
        var error = Assert.Throws<InvalidOperationException>(() => { foreach (HostBatch _ in reader.Read(1)) read++; });
        Assert.Equal("bad sample", error.Message);
        Assert.Equal(3, read);
        // The reader is still good for another epoch.
        Assert.Equal(10, reader.Read(2).Count());
    }

    [Fact]
    public void Leaving_the_loop_stops_the_thread()
    {
        Thread? thread = null;
        using var reader = new BatchReader(Images(50), new BatchOptions { BatchSize = 1, Transform = _ => thread = Thread.CurrentThread });
        foreach (HostBatch _ in reader.Read(0)) break;
        Assert.NotSame(Thread.CurrentThread, thread);
        Assert.False(thread!.IsAlive);
        Assert.Equal(50, reader.Read(1).Count());
    }

    [Fact]
    public void Disposing_stops_the_thread_and_ends_reading()
    {
        Thread? thread = null;
        var reader = new BatchReader(Images(50), new BatchOptions { BatchSize = 1, Transform = _ => thread = Thread.CurrentThread });
        using IEnumerator<HostBatch> batches = reader.Read(0).GetEnumerator();
        Assert.True(batches.MoveNext());
        reader.Dispose();
        Assert.False(thread!.IsAlive);
        Assert.Throws<ObjectDisposedException>(() => batches.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => reader.Read(1));
        reader.Dispose();
    }

    [Fact]
    public void Beginning_an_epoch_ends_the_one_before()
    {
        using var reader = new BatchReader(Images(20), new BatchOptions { BatchSize = 2, Seed = 4 });
        using IEnumerator<HostBatch> first = reader.Read(1).GetEnumerator();
        Assert.True(first.MoveNext());
        using IEnumerator<HostBatch> second = reader.Read(2).GetEnumerator();
        Assert.True(second.MoveNext());
        Assert.Equal("Reading of epoch 1 ended when another epoch was begun.", Assert.Throws<InvalidOperationException>(() => first.MoveNext()).Message);
        var ids = new List<int>();
        do ids.AddRange(second.Current.SampleIds);
        while (second.MoveNext());
        Assert.Equal(SampleOrder.For(20, 4, 2), ids);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_thread_never_runs_more_than_one_batch_ahead(bool slow)
    {
        int filled = 0;
        using var reader = new BatchReader(Images(40), new BatchOptions { BatchSize = 2, Transform = _ => Interlocked.Increment(ref filled) });
        foreach (HostBatch batch in reader.Read(0))
        {
            if (slow && batch.Index < 3) Thread.Sleep(30);
            Assert.InRange(Volatile.Read(ref filled), batch.Index + 1, batch.Index + 2);
        }
        Assert.Equal(20, filled);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_steady_epoch_allocates_next_to_nothing_a_batch(bool prefetch)
    {
        // Counted on the reading thread, from its second batch to its last, and on this one: other tests allocate meanwhile on theirs.
        long reading = 0, atSecond = 0;
        var options = new BatchOptions
        {
            BatchSize = 10,
            Prefetch = prefetch,
            Transform = batch =>
            {
                if (batch.Index == 1) atSecond = GC.GetAllocatedBytesForCurrentThread();
                reading = GC.GetAllocatedBytesForCurrentThread() - atSecond;
            },
        };
        using var reader = new BatchReader(Images(20000), options);
        long consuming = 0;
        for (int epoch = 0; epoch < 3; epoch++)
        {
            long atFirst = 0;
            foreach (HostBatch batch in reader.Read(epoch))
            {
                if (batch.Index == 0) atFirst = GC.GetAllocatedBytesForCurrentThread();
                consuming = GC.GetAllocatedBytesForCurrentThread() - atFirst;
            }
        }
        Assert.Equal(2000, reader.BatchCount);
        // The last of the three epochs; a byte a batch leaves room for what waiting allocates once.
        Assert.InRange(reading, 0, 2000);
        Assert.InRange(consuming, 0, 2000);
    }

    [Fact]
    public void Bad_options_are_named_in_one_line()
    {
        HostDataSet data = Images(10);
        foreach (int size in new[] { 0, -3 })
        {
            var error = Assert.Throws<ArgumentOutOfRangeException>(() => new BatchReader(data, new BatchOptions { BatchSize = size }));
            AssertOneLine($"The batch size must be positive, found {size}.", error);
        }
        AssertOneLine(
            "images: 10 samples make no full batch of 11, and the last batch is to be dropped.",
            Assert.Throws<ArgumentException>(() => new BatchReader(data, new BatchOptions { BatchSize = 11, DropLast = true })));
        using var reader = new BatchReader(data, new BatchOptions { BatchSize = 4 });
        AssertOneLine("An epoch is 0 or more, found -1.", Assert.Throws<ArgumentOutOfRangeException>(() => reader.Read(-1)));
        foreach (int start in new[] { -1, 4 })
        {
            AssertOneLine(
                $"An epoch has 3 batches, so reading starts in [0, 3], found {start}.", Assert.Throws<ArgumentOutOfRangeException>(() => reader.Read(0, start)));
        }
    }

    private static void AssertOneLine(string expected, ArgumentException error)
    {
        Assert.StartsWith(expected, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static HostDataSet Images(int count)
    {
        byte[] pixels = [.. Enumerable.Range(0, count * 6).Select(i => (byte)(i * 37))];
        return HostDataSet.FromPixels(pixels, [2, 3], [.. Enumerable.Range(0, count).Select(id => id % 3)], 3, Scale);
    }

    // A batch in full, bit for bit.
    private static string[] Read(HostDataSet data, BatchOptions options, int epoch, int start = 0)
    {
        using var reader = new BatchReader(data, options);
        return [.. reader.Read(epoch, start).Select(batch =>
            $"{batch.Index}: {string.Join(' ', batch.SampleIds.ToArray())} | {string.Join(' ', batch.Labels.ToArray())} | "
            + string.Join(' ', batch.Inputs.ToArray().Select(BitConverter.SingleToInt32Bits)))];
    }
}
