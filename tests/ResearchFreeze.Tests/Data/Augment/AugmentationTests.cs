using ResearchFreeze.Autograd;
using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

public sealed class AugmentationTests
{
    private static readonly Shape Small = new(4, 3, 2);
    private static readonly Catalogue<IAugmentation> Known = Augmentations.Catalogue();

    [Theory]
    [InlineData("shift:2")]
    [InlineData("shift:2+flip")]
    [InlineData("shift:2+flip+cutout:3")]
    public void A_sample_depends_on_seed_epoch_and_id_alone(string text)
    {
        HostDataSet data = Images(40);
        Dictionary<int, string> expected = Read(data, text, new BatchOptions { BatchSize = 7, Seed = 3 }, 2);
        Assert.Equal(40, expected.Count);
        Assert.Equal(expected, Read(data, text, new BatchOptions { BatchSize = 7, Seed = 3, Prefetch = false }, 2));
        Assert.Equal(expected, Read(data, text, new BatchOptions { BatchSize = 40, Seed = 3 }, 2));
        Assert.Equal(expected, Read(data, text, new BatchOptions { BatchSize = 1, Seed = 3, Shuffle = false }, 2));
        // A sample of a part is changed as it is in the whole.
        Dictionary<int, string> part = Read(data.WithClasses(1), text, new BatchOptions { BatchSize = 7, Seed = 3 }, 2);
        Assert.Equal(13, part.Count);
        Assert.All(part, sample => Assert.Equal(expected[sample.Key], sample.Value));
        Assert.True(Differing(expected, Read(data, text, new BatchOptions { BatchSize = 7, Seed = 3 }, 3)) > 10);
        Assert.True(Differing(expected, Read(data, text, new BatchOptions { BatchSize = 7, Seed = 4 }, 2)) > 10);
    }

    [Fact]
    public void One_more_augmentation_shifts_no_others_numbers()
    {
        var first = new Recorder();
        var second = new Recorder();
        Read(Images(5), new Augmentation(first, new RandomFlip()), new BatchOptions { BatchSize = 2, Seed = 3, Shuffle = false, Prefetch = false }, 1);
        Read(Images(5), new Augmentation(second), new BatchOptions { BatchSize = 5, Seed = 3, Shuffle = false, Prefetch = false }, 1);
        Assert.Equal(first.Drawn, second.Drawn);
        Assert.Equal(5, first.Drawn.Distinct().Count());
        var third = new Recorder();
        Read(Images(5), new Augmentation(new RandomShift(1), third), new BatchOptions { BatchSize = 5, Seed = 3, Shuffle = false, Prefetch = false }, 1);
        Assert.Empty(third.Drawn.Intersect(first.Drawn));
        var random = new AugmentationRandom(AugmentationRandom.KeyOf(3, 1), 4, 0);
        Assert.Equal(first.Drawn[4], random.NextUInt32());
        Assert.NotEqual(first.Drawn[4], random.NextUInt32());
    }

    [Fact]
    public void The_key_names_seed_and_epoch_and_is_0_where_nothing_is_changed()
    {
        using var device = new CpuDevice(1);
        HostDataSet host = Images(12);
        DataSets data = DataSets.On(new DataSplits("twelve", host, host, host), device, 5, Augmentations.Parse("flip", Known));
        ulong[] keys = [.. Enumerable.Range(1, 3).Select(epoch => Assert.Single(data.Train.Batches(5, epoch).Select(batch => batch.AugmentationKey).Distinct()))];
        Assert.Equal(3, keys.Distinct().Count());
        Assert.DoesNotContain(0ul, keys);
        Assert.Equal(keys[1], data.Train.Batches(12, 2).Single().AugmentationKey);
        Assert.All(data.Test.Batches(5, 1), batch => Assert.Equal(0ul, batch.AugmentationKey));
        Assert.Equal(Enumerable.Range(0, 12).SelectMany(index => Sample(host, index)), data.Validation.Batches(12, 1).SelectMany(batch => batch.Inputs.ToArray()));
        using var ids = new BatchReader(host, new BatchOptions { BatchSize = 12, Seed = 5, IdsOnly = true, Augmentation = data.Train.Augmentation });
        Assert.Equal(keys[1], ids.Read(2).Single().AugmentationKey);
    }

    [Fact]
    public void A_flip_mirrors_columns_every_second_time()
    {
        float[] mirrored = [.. Enumerable.Range(0, Small.Count).Select(i => (float)((i / 6 * 6) + ((2 - (i / 2 % 3)) * 2) + (i % 2)))];
        float[][] found = Draw(new RandomFlip(), 200);
        Assert.All(found, image => Assert.True(image.SequenceEqual(Start()) || image.SequenceEqual(mirrored)));
        Assert.InRange(found.Count(image => image.SequenceEqual(mirrored)), 70, 130);
    }

    [Fact]
    public void A_shift_moves_by_every_offset_and_fills_with_zero()
    {
        const int most = 2;
        var all = new HashSet<string>();
        for (int down = -most; down <= most; down++)
        {
            for (int right = -most; right <= most; right++) all.Add(string.Join(' ', Moved(down, right)));
        }
        Assert.Equal(25, all.Count);
        string[] found = [.. Draw(new RandomShift(most), 500).Select(image => string.Join(' ', image))];
        Assert.True(all.SetEquals(found));

        static IEnumerable<float> Moved(int down, int right) => Enumerable.Range(0, Small.Count).Select(i =>
        {
            int y = (i / 6) - down, x = (i / 2 % 3) - right;
            return y is >= 0 and < 4 && x is >= 0 and < 3 ? Start()[(((y * 3) + x) * 2) + (i % 2)] : 0;
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_cutout_clears_a_square_around_any_pixel(int side)
    {
        var all = new HashSet<string>();
        for (int y = 0; y < 4; y++)
        {
            for (int x = 0; x < 3; x++) all.Add(string.Join(' ', Cut(y - (side / 2), x - (side / 2))));
        }
        string[] found = [.. Draw(new Cutout(side), 500).Select(image => string.Join(' ', image))];
        Assert.True(all.SetEquals(found));

        IEnumerable<float> Cut(int top, int left) => Enumerable.Range(0, Small.Count).Select(i =>
        {
            int y = i / 6, x = i / 2 % 3;
            return y >= top && y < top + side && x >= left && x < left + side ? 0 : Start()[i];
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_steady_epoch_allocates_next_to_nothing_a_batch(bool prefetch)
    {
        long reading = 0, atSecond = 0, samples = 0;
        var options = new BatchOptions
        {
            BatchSize = 10,
            Prefetch = prefetch,
            Augmentation = Augmentations.Parse("shift:1+flip+cutout:2", Known),
            Transform = batch =>
            {
                if (batch.Index == 1) atSecond = GC.GetAllocatedBytesForCurrentThread();
                reading = GC.GetAllocatedBytesForCurrentThread() - atSecond;
            },
        };
        using var reader = new BatchReader(Images(20000), options);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            foreach (HostBatch batch in reader.Read(epoch)) samples += batch.Count;
        }
        Assert.Equal(60000, samples);
        // Of the last epoch: a byte a batch leaves room for what waiting allocates once.
        Assert.InRange(reading, 0, 2000);
    }

    [Fact]
    public void Only_images_can_be_augmented()
    {
        Augmentation flip = Augmentations.Parse("flip", Known)!;
        HostDataSet vectors = HostDataSet.FromArrays([1, 2, 3], [3], [0], 1);
        var options = new BatchOptions { BatchSize = 1, Augmentation = flip };
        Assert.Equal("Augmentation: needs images (height, width, channels), found a sample of shape (3).", Assert.Throws<ShapeException>(() => new BatchReader(vectors, options)).Message);
        using var device = new CpuDevice(1);
        Assert.Throws<ShapeException>(() => DataSets.On(new DataSplits("vectors", vectors, vectors, vectors), device, 1, flip));
        Assert.Equal(
            "Shift: by up to 3 pixels, but an image of shape (4, 3, 2) may have nothing left.", Assert.Throws<ShapeException>(() => new Augmentation(new RandomShift(3)).Check(Small)).Message);
        new Augmentation(new Cutout(3), new RandomShift(2)).Check(Small);
        Assert.Throws<ArgumentException>(() => new Augmentation());
        Assert.Null(Augmentations.Parse("none", Known));
    }

    /// <summary>Notes a number a sample, which it leaves as it is.</summary>
    private sealed class Recorder : IAugmentation
    {
        public List<uint> Drawn { get; } = [];

        public void Apply(ref AugmentationRandom random, Shape sample, ReadOnlySpan<float> from, Span<float> to)
        {
            from.CopyTo(to);
            Drawn.Add(random.NextUInt32());
        }
    }

    private static float[] Start() => [.. Enumerable.Range(0, Small.Count).Select(i => (float)i)];

    /// <summary>What becomes of one image in many draws.</summary>
    private static float[][] Draw(IAugmentation augmentation, int draws) => [.. Enumerable.Range(0, draws).Select(sample =>
    {
        var random = new AugmentationRandom(17, sample, 0);
        float[] to = [.. Enumerable.Repeat(float.NaN, Small.Count)];
        augmentation.Apply(ref random, Small, Start(), to);
        return to;
    })];

    private static HostDataSet Images(int count)
    {
        byte[] pixels = [.. Enumerable.Range(0, count * 24).Select(i => (byte)((i * 37) + (i / 24)))];
        return HostDataSet.FromPixels(pixels, [4, 3, 2], [.. Enumerable.Range(0, count).Select(id => id % 3)], 3, new Normalisation([0.25, 0.5], [0.5, 1]));
    }

    private static float[] Sample(HostDataSet data, int index)
    {
        var sample = new float[data.SampleSize];
        data.CopySample(index, sample);
        return sample;
    }

    private static Dictionary<int, string> Read(HostDataSet data, string text, BatchOptions options, int epoch) => Read(data, Augmentations.Parse(text, Known)!, options, epoch);

    /// <summary>The values of each sample of an epoch, bit for bit, by its id.</summary>
    private static Dictionary<int, string> Read(HostDataSet data, Augmentation augmentation, BatchOptions options, int epoch)
    {
        using var reader = new BatchReader(data, options with { Augmentation = augmentation });
        var samples = new Dictionary<int, string>();
        foreach (HostBatch batch in reader.Read(epoch))
        {
            for (int i = 0; i < batch.Count; i++)
                samples.Add(batch.SampleIds[i], string.Join(' ', batch.Inputs.Slice(i * data.SampleSize, data.SampleSize).ToArray().Select(BitConverter.SingleToInt32Bits)));
        }
        return samples;
    }

    private static int Differing(Dictionary<int, string> one, Dictionary<int, string> other) => one.Count(sample => other[sample.Key] != sample.Value);
}
