using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>A forward cache in a loop of one's own: what it gives is what the model gives, whatever happens to the model, the samples or the file in between.</summary>
public sealed class ForwardCacheTests : IDisposable
{
    private const int Samples = 40, Features = 6;

    private readonly CpuDevice device = new(1);
    private readonly TemporaryFolder folder = new();
    private readonly Sequential model;
    private readonly List<string> said = [];

    public ForwardCacheTests()
    {
        model = new Sequential(
            ("first", new Linear(Features, 12, activation: Activation.Tanh)), ("norm", new BatchNorm(12)), ("drop", new Dropout(0.4f)), ("second", new Linear(12, 9, activation: Activation.Relu)),
            ("third", new Linear(9, 9)), ("head", new Linear(9, 3)));
        model.Initialize(device, 4);
    }

    public void Dispose()
    {
        model.Dispose();
        device.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void WhateverHappensInBetweenTheOutputsAreTheModels()
    {
        // Freezes, thaws, writes, modes, orders, batch sizes and variants at random; the same model without a cache is asked beside it.
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new RandomStream(9, $"steps/{seed}");
            using var cache = new ForwardCache(new CacheOptions { IsForced = true, Limit = seed % 3 == 0 ? 1500 : 1 << 20, Variants = 2 }, said.Add);
            for (int step = 0; step < 120; step++)
            {
                Disturb(random);
                // At least two: a norm that trains has no variance of one.
                int first = random.NextInt32(Samples), count = 2 + random.NextInt32(12), stride = 1 + (2 * random.NextInt32(4));
                int[] ids = [.. Enumerable.Range(0, count).Select(i => (first + (i * stride)) % Samples).Distinct()];
                using Held batch = Make(ids, (ulong)random.NextInt32(2));
                long passes = Drop.Passes;
                using Tensor expected = model.Forward(batch.Batch.Inputs);
                long after = Drop.Passes;
                Drop.Passes = passes;
                using Tensor found = cache.Forward(model, batch.Batch);
                Assert.Equal(expected.ToArray(), found.ToArray());
                Assert.Equal(after, Drop.Passes);
            }
            Assert.True(cache.Report.Read > 0, $"seed {seed} read nothing");
        }
        Assert.DoesNotContain(said, line => line.Contains("refused", StringComparison.Ordinal));
    }

    [Fact]
    public void AFileOfOtherWeightsOrSamplesOrADamagedOneIsNotServed()
    {
        CacheOptions options = new() { IsForced = true, Folder = folder.Root, Identity = "forty", Limit = 1 << 26 };
        Freeze(4);
        Fill(options);
        Assert.Equal((Samples, 0), Again(options));
        // Other weights in front.
        Shift("first.weight");
        Assert.Equal((0, Samples), Again(options));
        // Behind the boundary nothing matters.
        Shift("head.weight");
        Assert.Equal((Samples, 0), Again(options));
        // Running moments.
        SetMoments(0.25);
        Assert.Equal((0, Samples), Again(options));
        Assert.Equal((Samples, 0), Again(options));
        // Less of it frozen: what lies behind is not used, nor what was in front of it.
        Freeze(3);
        Assert.Equal((0, Samples), Again(options));
        // Another name, another file.
        Assert.Equal((0, Samples), Again(options with { Identity = "others", Folder = Path.Combine(folder.Root, "others") }));
        Assert.Equal((Samples, 0), Again(options));
        // Bytes that were changed, a list that was, one that is cut, one that is empty.
        string data = Assert.Single(Directory.GetFiles(folder.Root, "*.cache"));
        string index = Path.ChangeExtension(data, ".index");
        using (FileStream file = File.OpenWrite(data))
        {
            file.Position = 5;
            file.WriteByte(77);
        }
        Assert.Equal((Samples - 1, 1), Again(options));
        foreach (Func<byte[], byte[]> damage in (Func<byte[], byte[]>[])[bytes => [.. bytes[..40], (byte)(bytes[40] ^ 4), .. bytes[41..]], bytes => bytes[..^9], _ => [], _ => new byte[100]])
        {
            File.WriteAllBytes(index, damage(File.ReadAllBytes(index)));
            said.Clear();
            Assert.Equal((0, Samples), Again(options));
            Assert.Contains(said, line => line.Contains("is not used", StringComparison.Ordinal));
            Assert.Equal((Samples, 0), Again(options));
        }
        // The list without the file.
        File.Delete(data);
        Assert.Equal((0, Samples), Again(options));
    }

    [Fact]
    public void TwoRunsDoNotShareAFile()
    {
        CacheOptions options = new() { IsForced = true, Folder = folder.Root, Identity = "forty", Limit = 1 << 26 };
        using var first = new ForwardCache(options);
        Assert.Contains("another run may have it", Assert.Throws<IOException>(() => new ForwardCache(options)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ForwardCache(options with { Identity = null }));
        Assert.Throws<ArgumentException>(() => new ForwardCache(new CacheOptions(), null, first));
    }

    [Fact]
    public void ALoaderReadsNothingOfABatchThatIsKept()
    {
        var counted = new Counted();
        var host = HostDataSet.FromArrays([.. Enumerable.Range(0, 24 * 6).Select(i => (float)i)], [2, 3], new int[24], 2, "images");
        DataSets data = DataSets.On(new DataSplits("images", host, host, host), device, 3, new Augmentation(counted, new Variants(2)));
        using var images = new Sequential(("flat", new Flatten()), ("first", new Linear(6, 5)), ("head", new Linear(5, 2)));
        images.Initialize(device, 1);
        images.Freeze(named => named.Path.StartsWith("first", StringComparison.Ordinal));
        using var cache = new ForwardCache(new CacheOptions { IsForced = true, Variants = 2 });
        var seen = new List<int>();
        var expected = new Dictionary<(int, int), float>();
        for (int epoch = 1; epoch <= 6; epoch++)
        {
            // From the third epoch on all is kept, but for a thaw in the fifth.
            if (epoch == 5) images.Unfreeze();
            int before = counted.Images;
            foreach (Batch batch in data.Train.Batches(8, epoch, 0, cache.Has))
            {
                using var scope = new Scope();
                float[] outputs = cache.Forward(images, batch).ToArray();
                for (int i = 0; i < batch.Count; i++)
                {
                    (int, int) key = (batch.SampleIds.Span[i], epoch % 2);
                    if (epoch <= 2) expected.Add(key, outputs[2 * i]);
                    Assert.Equal(expected[key], outputs[2 * i]);
                }
            }
            seen.Add(counted.Images - before);
        }
        Assert.Equal([24, 24, 0, 0], seen.Take(4));
        // The thaw was not known yet when the first batches were asked for: their values were read late.
        Assert.Equal([24, 24], seen.Skip(4));
    }

    [Fact]
    public void MoreVariantsThanWereSaidAreAnError()
    {
        Freeze(2);
        using var cache = new ForwardCache(new CacheOptions { IsForced = true });
        using Held first = Make([1, 2], 7), second = Make([1, 2], 8);
        cache.Forward(model, first.Batch).Dispose();
        Assert.Contains("more than 1 augmentation", Assert.Throws<InvalidOperationException>(() => cache.Forward(model, second.Batch).Dispose()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AModuleThatLooksAtItsBatchIsFoundAndRefused()
    {
        using var centred = new Sequential(("first", new Linear(Features, 4)), ("centre", new Centre()), ("head", new Linear(4, 3)));
        centred.Initialize(device, 2);
        centred.Freeze(named => named.Path.StartsWith("first", StringComparison.Ordinal));
        using var cache = new ForwardCache(new CacheOptions { IsForced = true }, said.Add);
        for (int i = 0; i < 3; i++)
        {
            using Held batch = Make([i, i + 1, i + 2]);
            using Tensor expected = centred.Forward(batch.Batch.Inputs), found = cache.Forward(centred, batch.Batch);
            Assert.Equal(expected.ToArray(), found.ToArray());
        }
        Assert.Contains("other values alone than in its batch", cache.Refusal, StringComparison.Ordinal);
        Assert.StartsWith("cache: refused: the frozen part up to 'centre'", Assert.Single(said), StringComparison.Ordinal);
        Assert.Equal(0, cache.Report.Read);
    }

    [Fact]
    public void Float16IsKeptWhereTheOutputsHardlyMoveAndNotWhereTheyDo()
    {
        Freeze(4);
        foreach (double scale in (double[])[1, 1e6])
        {
            using var linear = new Sequential(("first", new Linear(Features, 4)), ("head", new Linear(4, 3)));
            linear.Initialize(device, 2);
            linear[0].Freeze();
            Parameter weight = linear[0].Parameters().First();
            weight.Set([.. weight.Value.ToArray().Select(value => (float)(value * scale))]);
            said.Clear();
            using var cache = new ForwardCache(new CacheOptions { IsForced = true, IsHalf = true }, said.Add);
            using Held batch = Make([3, 4, 5]);
            cache.Forward(linear, batch.Batch).Dispose();
            using Tensor expected = linear.Forward(batch.Batch.Inputs), found = cache.Forward(linear, batch.Batch);
            double error = expected.ToArray().Zip(found.ToArray(), (a, b) => Math.Abs(a - b)).Max() / expected.ToArray().Max(Math.Abs);
            Assert.Equal(3, cache.Report.Read);
            Assert.Contains(scale == 1 ? "cache: kept as float16" : "cache: kept as float32", said[0], StringComparison.Ordinal);
            if (scale == 1) Assert.InRange(error, 1e-7, 1e-2);
            else Assert.Equal(0, error);
        }
    }

    [Fact]
    public void WhatCannotBeCachedSaysSo()
    {
        using var cache = new ForwardCache();
        using var other = new Linear(Features, 2);
        using Held batch = Make([1, 2]);
        Assert.Contains("needs a model with stages", Assert.Throws<ArgumentException>(() => cache.Forward(other, batch.Batch)).Message, StringComparison.Ordinal);
        cache.Forward(model, batch.Batch).Dispose();
        using var second = new Sequential(("a", new Linear(Features, 2)));
        Assert.Contains("expected the model that it was first used with", Assert.Throws<ArgumentException>(() => cache.Forward(second, batch.Batch)).Message, StringComparison.Ordinal);
    }

    private void Disturb(RandomStream random)
    {
        switch (random.NextInt32(24))
        {
            case < 3: Freeze(random.NextInt32(6)); break;
            case 3: model.Unfreeze(); break;
            case 4: Shift("first.weight"); break;
            case 5: Shift("second.weight"); break;
            case 6: Shift("head.weight"); break;
            case 7: SetMoments(0.5 + random.NextInt32(3)); break;
            case 8: model.Eval(); break;
            case 9: model.Train(); break;
        }
    }

    /// <summary>The first stages are frozen, and no other.</summary>
    private void Freeze(int stages)
    {
        for (int i = 0; i < model.Count; i++)
        {
            foreach (Parameter parameter in model[i].Parameters()) parameter.IsFrozen = i < stages;
        }
    }

    private void Shift(string path)
    {
        Parameter parameter = model.NamedParameters().First(named => named.Path == path).Parameter;
        parameter.Set([.. parameter.Value.ToArray().Select(value => (value * 0.875f) + 0.01f)]);
    }

    private void SetMoments(double value)
    {
        Tensor variance = model.Buffers().Last().Value;
        device.Fill(variance.Range, value);
    }

    private Dropout Drop => (Dropout)model[2];

    /// <summary>Samples by their ids and variants.</summary>
    private Held Make(int[] ids, ulong key = 0)
    {
        float[] values = [.. ids.SelectMany(id => Enumerable.Range(0, Features).Select(i => (float)Math.Sin((id * 7) + i + (0.1 * key))))];
        return new Held(new Batch(Tensor.From(device, values, [ids.Length, Features]), IntTensor.From(device, new int[ids.Length]), ids, key));
    }

    private float[] Outputs(ForwardCache cache)
    {
        var outputs = new List<float>();
        for (int start = 0; start < Samples; start += 7)
        {
            using Held batch = Make([.. Enumerable.Range(start, Math.Min(7, Samples - start))]);
            using Tensor found = cache.Forward(model, batch.Batch);
            outputs.AddRange(found.ToArray());
        }
        return [.. outputs];
    }

    private float[] Fill(CacheOptions options)
    {
        model.Eval();
        using var cache = new ForwardCache(options, said.Add);
        return Outputs(cache);
    }

    /// <summary>A pass of another process over all samples: how many it reads and computes. What it gives is what the model gives.</summary>
    private (long Read, long Computed) Again(CacheOptions options)
    {
        using var cache = new ForwardCache(options, said.Add);
        float[] found = Outputs(cache);
        using Held all = Make([.. Enumerable.Range(0, Samples)]);
        using Tensor expected = model.Forward(all.Batch.Inputs);
        Assert.Equal(expected.ToArray(), found);
        return (cache.Report.Read, cache.Report.Computed);
    }

    private sealed record Held(Batch Batch) : IDisposable
    {
        public void Dispose()
        {
            foreach (TensorBase tensor in Batch.Tensors) tensor.Dispose();
        }
    }

    private sealed class Centre : Module
    {
        public override Tensor Forward(Tensor input)
        {
            using Tensor mean = input.Mean([0], keepAxes: true);
            return input - mean;
        }
    }

    private sealed class Counted : IAugmentation
    {
        private int images;

        public int Images => images;

        public void Apply(ref AugmentationRandom random, Shape sample, ReadOnlySpan<float> from, Span<float> to)
        {
            Interlocked.Increment(ref images);
            float shift = random.NextInt32(100);
            for (int i = 0; i < from.Length; i++) to[i] = from[i] + shift;
        }
    }
}
