using System.Runtime.Intrinsics.X86;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>A forward cache with models and samples that are not the usual ones: modules used twice, inputs that want a gradient, values too large for float16, texts with variants.</summary>
public sealed class OddModelsCacheTests : IDisposable
{
    private const int Features = 6;

    private readonly CpuDevice device = new(1);
    private readonly TemporaryFolder folder = new();
    private readonly List<string> said = [];

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void AModuleThatIsUsedOnceMoreInThePrefixIsAskedToo()
    {
        var later = new Linear(Features, Features);
        using var model = new Sequential(("a", new Linear(Features, Features)), ("again", new Shared(later)), ("b", new Linear(Features, Features)), ("later", later), ("head", new Linear(Features, 2)));
        model.Initialize(device, 1);
        model[0].Freeze();
        model[2].Freeze();
        using var cache = new ForwardCache(new CacheOptions { IsForced = true }, said.Add);
        for (int i = 0; i < 6; i++)
        {
            AssertSame(model, cache);
            // It trains; from the third time on it is frozen, and somebody writes to it.
            if (i == 2) later.Freeze();
            if (i % 2 == 1) Scale(later.Weight, 1.25f);
        }
        Assert.True(cache.Report.Read > 0);
    }

    [Fact]
    public void ADropoutThatIsCalledTwiceInAPassIsCountedTwice()
    {
        var twice = new Twice();
        using var model = new Sequential(("a", new Linear(Features, Features)), ("twice", twice), ("head", new Linear(Features, 2)));
        model.Initialize(device, 1);
        model[0].Freeze();
        using var cache = new ForwardCache(new CacheOptions { IsForced = true }, said.Add);
        for (int i = 0; i < 4; i++)
        {
            long before = twice.Drop.Passes;
            AssertSame(model, cache);
            Assert.Equal(before + 4, twice.Drop.Passes);
        }
        Assert.True(cache.Report.Read > 0);
    }

    [Fact]
    public void WhatWasKeptAsFloat16IsReadSoWhereFloat32IsKeptBehindIt()
    {
        using var model = new Sequential(("a", new Linear(Features, 4)), ("b", new Linear(4, 4)), ("head", new Linear(4, 2)));
        model.Initialize(device, 2);
        Scale(((Linear)model[1]).Weight, 1e6f);
        model[0].Freeze();
        using var cache = new ForwardCache(new CacheOptions { IsForced = true, IsHalf = true }, said.Add);
        using Held first = Make([3, 4, 5]), second = Make([6, 7, 8]);
        foreach (Held batch in (Held[])[first, second]) cache.Forward(model, batch.Batch).Dispose();
        model[1].Freeze();
        cache.Forward(model, second.Batch).Dispose();
        Assert.Contains(said, line => line.Contains("kept as float32", StringComparison.Ordinal));
        for (int i = 0; i < 2; i++) AssertClose(model, cache, first);
    }

    [Fact]
    public void OneSampleTooLargeForFloat16IsEnough()
    {
        using var model = new Sequential(("a", new Linear(Features, 4, activation: Activation.None)), ("head", new Linear(4, 2)));
        model.Initialize(device, 2);
        model[0].Freeze();
        ((Linear)model[1]).Weight.Set([1, -1, 1, -0.5f, -1, 1, -1, 0.5f]);
        ((Linear)model[0]).Weight.Set([.. Enumerable.Repeat(1f, 4 * Features)]);
        using var cache = new ForwardCache(new CacheOptions { IsForced = true, IsHalf = true }, said.Add);
        using Held batch = Make([3, 4, 5]);
        device.Fill(batch.Batch.Inputs.Range.Slice(0, Features), 1e5);
        cache.Forward(model, batch.Batch).Dispose();
        AssertClose(model, cache, batch);
    }

    [Fact]
    public void ALaterSampleTooLargeForFloat16IsComputed()
    {
        using var model = new Sequential(("a", new Linear(Features, 4)), ("head", new Linear(4, 2)));
        model.Initialize(device, 2);
        model[0].Freeze();
        using var cache = new ForwardCache(new CacheOptions { IsForced = true, IsHalf = true }, said.Add);
        using Held batch = Make([3, 4, 5]), large = Make([6, 7]);
        device.Fill(large.Batch.Inputs.Range.Slice(0, Features), 1e6);
        cache.Forward(model, batch.Batch).Dispose();
        for (int i = 0; i < 3; i++) AssertClose(model, cache, large);
    }

    [Fact]
    public void AFirstStageMayGiveItsInputBack()
    {
        using var model = new Sequential(("same", new Same()), ("a", new Linear(Features, 4)), ("b", new Linear(4, 4)), ("head", new Linear(4, 2)));
        model.Initialize(device, 2);
        model[1].Freeze();
        using var cache = new ForwardCache(new CacheOptions { IsForced = true }, said.Add);
        for (int i = 0; i < 3; i++) AssertSame(model, cache);
    }

    [Fact]
    public void InputsThatWantAGradientGetOne()
    {
        using var model = new Sequential(("a", new Linear(Features, 4)), ("b", new Linear(4, 4)), ("head", new Linear(4, 2)));
        model.Initialize(device, 2);
        model[0].Freeze();
        using var cache = new ForwardCache(new CacheOptions { IsForced = true }, said.Add);
        for (int i = 0; i < 3; i++)
        {
            using Held made = Make([3, 4, 5]);
            using Tensor leaf = made.Batch.Inputs.AsLeaf();
            using (Tensor found = cache.Forward(model, new Batch(leaf, made.Batch.Labels, made.Batch.SampleIds)), loss = found.Sum()) loss.Backward();
            Assert.NotNull(leaf.Grad);
            leaf.ClearGrad();
            model.ClearGradients();
        }
    }

    [Fact]
    public void AModelWithoutParametersSaysSo()
    {
        using var model = new Sequential(("a", new Relu()), ("b", new Tanh()));
        using var cache = new ForwardCache();
        using Held batch = Make([3, 4, 5]);
        Assert.StartsWith("Cache: ", Assert.Throws<ArgumentException>(() => cache.Forward(model, batch.Batch)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatCannotBeWrittenAtTheEndIsSaidAndNothingElse()
    {
        string path = Path.Combine(folder.Root, "gone");
        using var model = new Sequential(("a", new Linear(Features, 4)), ("head", new Linear(4, 2)));
        model.Initialize(device, 2);
        model[0].Freeze();
        using (var cache = new ForwardCache(new CacheOptions { IsForced = true, Folder = path, Identity = "x", Limit = 1 << 26 }, said.Add))
        {
            AssertSame(model, cache);
            Directory.Delete(path, recursive: true);
        }
        Assert.Contains(said, line => line.Contains("is not written", StringComparison.Ordinal));
    }

    [Fact]
    public void AModelThatMovesToAnotherDeviceIsFollowed()
    {
        using var model = new Sequential(("a", new Linear(Features, 4)), ("head", new Linear(4, 2)));
        model.Initialize(device, 2);
        model[0].Freeze();
        using var cache = new ForwardCache(new CacheOptions { IsForced = true }, said.Add);
        AssertSame(model, cache);
        using var other = new ReferenceDevice();
        model.Initialize(other, 2, overwrites: true);
        for (int i = 0; i < 3; i++) AssertSame(model, cache, other);
        model.Initialize(device, 2, overwrites: true);
        for (int i = 0; i < 3; i++) AssertSame(model, cache);
        Assert.Equal((12, 9), (cache.Report.Read, cache.Report.Computed));
    }

    [Fact]
    public void AFileOfOtherVectorsIsNotUsed()
    {
        CacheOptions options = new() { IsForced = true, Folder = folder.Root, Identity = "x", Limit = 1000 };
        foreach ((int threads, SimdLevel level, int read) in ((int, SimdLevel, int)[])[(1, SimdLevel.Vector128, 0), (2, SimdLevel.Vector128, 3), (1, SimdLevel.Avx2, 0)])
        {
            if (level == SimdLevel.Avx2 && !Avx2.IsSupported) continue;
            using var here = new CpuDevice(threads, level);
            using var model = new Sequential(("a", new Linear(Features, 4)), ("head", new Linear(4, 2)));
            model.Initialize(here, 2);
            model[0].Freeze();
            using var cache = new ForwardCache(options, said.Add);
            AssertSame(model, cache, here);
            Assert.Equal((read, 3 - read), (cache.Report.Read, cache.Report.Computed));
        }
    }

    [Fact]
    public void TextsWithVariantsAreTakenByTheirKeys()
    {
        using var model = new TextTransformer(new TextModelOptions(new TransformerOptions(8, 2), 2, 20, 8, 3));
        model.Initialize(device, 2);
        model.Embeddings.Freeze();
        using var cache = new ForwardCache(new CacheOptions { IsForced = true, Variants = 2 }, said.Add);
        foreach ((int[] ids, ulong key) in ((int[], ulong)[])[([1, 2], 7), ([1, 2], 7), ([1, 2, 3, 4], 8), ([1, 2, 3], 7), ([3, 4, 5], 8), ([1, 2, 3, 4], 7)])
        {
            int[] tokens = [.. ids.SelectMany(id => Enumerable.Range(0, 4).Select(i => ((id * 3) + (i * 5) + (int)key) % 20))];
            using var held = new Held(Batch.OfTokens(IntTensor.From(device, tokens, [ids.Length, 4]), IntTensor.From(device, [.. ids.Select(id => 1 + (id % 4))]), IntTensor.From(device, new int[ids.Length]), ids) with { AugmentationKey = key });
            using Tensor expected = model.Forward(held.Batch), found = cache.Forward(model, held.Batch);
            Assert.Equal(expected.ToArray(), found.ToArray());
        }
    }

    [Fact]
    public void AFolderThatCannotBeMadeIsNamed()
    {
        string file = Path.Combine(folder.Root, "file");
        File.WriteAllText(file, "");
        foreach (string bad in (string[])[file, Path.Combine(file, "below")])
            Assert.StartsWith($"Cache: the folder '{bad}' is not there and cannot be made: ", Assert.Throws<IOException>(() => new ForwardCache(new CacheOptions { Folder = bad, Identity = "x" })).Message, StringComparison.Ordinal);
    }

    private void AssertSame(Sequential model, ForwardCache cache, Device? on = null)
    {
        using Held batch = Make([3, 4, 5], on);
        using Tensor expected = model.Forward(batch.Batch.Inputs), found = cache.Forward(model, batch.Batch);
        Assert.Equal(expected.ToArray(), found.ToArray());
    }

    private static void AssertClose(Sequential model, ForwardCache cache, Held batch)
    {
        using Tensor expected = model.Forward(batch.Batch.Inputs), found = cache.Forward(model, batch.Batch);
        double largest = expected.ToArray().Max(Math.Abs);
        foreach ((float a, float b) in expected.ToArray().Zip(found.ToArray())) Assert.InRange(Math.Abs(a - b) / largest, 0, 1e-2);
    }

    private static void Scale(Parameter parameter, float factor) => parameter.Set([.. parameter.Value.ToArray().Select(value => value * factor)]);

    private Held Make(int[] ids, Device? on = null)
    {
        float[] values = [.. ids.SelectMany(id => Enumerable.Range(0, Features).Select(i => (float)Math.Sin((id * 7) + i)))];
        return new Held(new Batch(Tensor.From(on ?? device, values, [ids.Length, Features]), IntTensor.From(on ?? device, new int[ids.Length]), ids));
    }

    private sealed record Held(Batch Batch) : IDisposable
    {
        public void Dispose()
        {
            foreach (TensorBase tensor in Batch.Tensors) tensor.Dispose();
        }
    }

    private sealed class Twice : Module
    {
        public Twice()
        {
            Drop = Register("drop", new Dropout(0.5f));
            Inner = Register("inner", new Linear(Features, Features));
            Inner.Freeze();
        }

        public Dropout Drop { get; }

        private Linear Inner { get; }

        public override Tensor Forward(Tensor input)
        {
            using Tensor first = Drop.Forward(input), second = Inner.Forward(first);
            return Drop.Forward(second);
        }
    }

    private sealed class Same : Module
    {
        public override Tensor Forward(Tensor input) => input;
    }
}
