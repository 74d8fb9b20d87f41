using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>Transformers as models: their units, what freezing spares, and that a sample's bits are its own.</summary>
public sealed class TextTransformerTests
{
    [Theory]
    [InlineData("transformer:16,3,2,9,50", "embeddings block1 block2 block3 head")]
    [InlineData("bert:width=16,layers=2,heads=2,vocabulary=50", "embeddings block1 block2 head")]
    [InlineData("bert:width=16,layers=2,heads=2,vocabulary=50,units=halves", "embeddings block1.attention block1.feedForward block2.attention block2.feedForward head")]
    [InlineData("gpt:width=16,layers=2,heads=2,vocabulary=50", "embeddings block1 block2 head")]
    public void UnitsAreNamed(string spec, string units)
    {
        using ModuleBase model = Spec(spec).Build([9], 3);
        Assert.Equal(units, string.Join(' ', FreezeUnit.Of(model).Select(unit => unit.Path)));
        Assert.Equal("head", FreezeUnit.Of(model).Single(unit => unit.IsHead).Path);
    }

    [Fact]
    public void ATiedHeadBelongsToTheEmbeddings()
    {
        using ModuleBase model = Spec("gpt:width=16,layers=2,heads=2").BuildOfTokens!(new TokenFormat(20, 9, 20), 1);
        Assert.Equal("embeddings+head block1 block2", string.Join(' ', FreezeUnit.Of(model).Select(unit => unit.Path)));
        Parameter table = ((TextTransformer)model).Embeddings.Tokens.Weight;
        Assert.Same(table, ((TextTransformer)model).Head.Output.Weight);
        Assert.Single(FreezeUnit.Of(model), unit => unit.Parameters.Contains(table));
    }

    /// <summary>The forward cache and data-parallel training stand on it.</summary>
    [Theory]
    [InlineData("transformer:48,2,3,80,50")]
    [InlineData("bert:width=48,layers=2,heads=3,vocabulary=50,places=80")]
    [InlineData("bert:width=48,layers=2,heads=3,vocabulary=50,places=80,pool=first")]
    [InlineData("gpt:width=48,layers=2,heads=3,vocabulary=50,places=80")]
    public void ASamplesBitsDependNeitherOnItsCompanyNorOnPadding(string spec)
    {
        using var device = new CpuDevice(2);
        using TextTransformer model = ((TextTransformer)Spec(spec).Build([80], 5)).Initialize(device, 7);
        int[] tokens = [.. Enumerable.Range(0, 17).Select(i => (i * 7) % 50)];
        float[] alone = Outputs(1, 0, 17);
        foreach (int batch in (int[])[2, 3, 5, 8, 13, 31, 64, 130]) Assert.Equal(alone, Outputs(batch, batch - 1, 17));
        for (int padding = 1; padding <= 63; padding++) Assert.Equal(alone, Outputs(2, padding % 2, 17 + padding));

        float[] Outputs(int batch, int place, int length)
        {
            using var scope = new Scope();
            int[] ids = [.. Enumerable.Range(0, batch * length).Select(i => i * 3 % 50)], lengths = [.. Enumerable.Range(0, batch).Select(i => i == place ? 17 : 1 + (i * 5 % length))];
            tokens.CopyTo(ids, place * length);
            Batch samples = Batch.OfTokens(IntTensor.From(device, ids, [batch, length]), IntTensor.From(device, lengths), IntTensor.From(device, new int[batch]), new int[batch]);
            return model.Forward(samples).ToArray().AsSpan(place * 5, 5).ToArray();
        }
    }

    /// <summary>Products of a step, counted and from the formula.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AFrozenPrefixSparesItsGradients(int frozen)
    {
        const int N = 3, T = 7, W = 24, Heads = 2, Layers = 3, Classes = 5;
        using var device = new CpuDevice(1);
        using TextTransformer model = ((TextTransformer)Spec($"transformer:{W},{Layers},{Heads},{T},50").Build([T], Classes)).Initialize(device, 7);
        IReadOnlyList<FreezeUnit> units = FreezeUnit.Of(model);
        foreach (Parameter parameter in units.Take(frozen).SelectMany(unit => unit.Parameters)) parameter.IsFrozen = true;
        using var scope = new Scope();
        Batch batch = Batch.OfTokens(IntTensor.From(device, [.. Enumerable.Range(0, N * T)], [N, T]), IntTensor.From(device, [T, T, T]), IntTensor.From(device, [0, 1, 2]), new int[N]);
        Cost before = Products();
        Tensor outputs = model.Forward(batch);
        const long Block = 2L * N * T * 12 * W * W, Pair = 2L * N * T * T * W, Head = 2L * N * W * Classes, Pool = 2L * N * T * W;
        Assert.Equal((Layers * (Block + (2 * Pair))) + Head + (2 * Pool), (Products() - before).Flops);
        before = Products();
        Loss.CrossEntropy(outputs, batch.Labels).Backward();
        int training = Layers - Math.Max(0, frozen - 1);
        // The first block that trains has its norm before its products, so none of their input gradients is spared.
        Assert.Equal((training * ((2 * Block) + (5 * Pair))) + (2 * Head) + (2 * Pool), (Products() - before).Flops);

        Cost Products() => device.Counters.CostOf(Primitive.Gemm) + device.Counters.CostOf(Primitive.Attention) + device.Counters.CostOf(Primitive.AttentionBackward);
    }

    /// <summary>Blocks that are run again give the same bits, keep less, and a frozen prefix is not run again.</summary>
    [Theory]
    [InlineData("", 0)]
    [InlineData(",dropout=0.3", 0)]
    [InlineData(",dropout=0.3", 2)]
    [InlineData(",dropout=0.3,units=halves", 3)]
    public void RecomputedBlocksGiveTheSameBits(string settings, int frozen)
    {
        const string Model = "bert:width=16,layers=3,heads=2,vocabulary=40,places=9";
        (float[] plain, long kept, long products) = Trained(Model + settings, frozen);
        (float[] again, long keptAgain, long productsAgain) = Trained(Model + settings + ",recompute=yes", frozen);
        Assert.Equal(plain, again);
        Assert.InRange(keptAgain, 1, kept / 3);
        // Of three blocks those that train are run twice.
        Assert.True(productsAgain > products, $"{productsAgain} operations forward, {products} without.");
        if (frozen == 2) Assert.Equal(products + (products / 3.0 * 2), productsAgain, products * 0.05);

        static (float[] Weights, long Kept, long Forward) Trained(string spec, int frozen)
        {
            using var device = new CpuDevice(1);
            using TextTransformer model = ((TextTransformer)Spec(spec).Build([9], 3)).Initialize(device, 7);
            foreach (Parameter parameter in FreezeUnit.Of(model).Take(frozen).SelectMany(unit => unit.Parameters)) parameter.IsFrozen = true;
            using var optimizer = new AdamW(model, new Constant(0.01f));
            long kept = 0;
            for (int step = 0; step < 3; step++)
            {
                using var scope = new Scope();
                Batch batch = Batch.OfTokens(IntTensor.From(device, [.. Enumerable.Range(0, 36).Select(i => (i * 5 + step) % 40)], [4, 9]), IntTensor.From(device, [9, 4, 1, 7]), IntTensor.From(device, [0, 1, 2, 0]), new int[4]);
                Tensor loss = Loss.CrossEntropy(model.Forward(batch), batch.Labels);
                kept = device.Counters.SavedBytes;
                loss.Backward();
                optimizer.Step();
                optimizer.ClearGradients();
            }
            return ([.. model.Parameters().SelectMany(parameter => parameter.Value.ToArray())], kept, device.Counters.Of(CostKind.Forward).Flops);
        }
    }

    [Fact]
    public void AVisionTransformerFitsTheImages()
    {
        RunSettings settings = RunSettings.For("vit:width=24,layers=1,heads=2,patch=7") with { Epochs = 1, Threads = 2 };
        using RunParts parts = RunParts.Resolve(settings);
        Assert.Equal("embeddings block1 head", string.Join(' ', FreezeUnit.Of(parts.Model).Select(unit => unit.Path)));
        foreach (Batch batch in parts.Data.Train.Batches(8, 0).Take(1))
        {
            using var scope = new Scope();
            Assert.Equal(new Shape(8, 10), parts.Forward(batch).Shape);
        }
    }

    [Theory]
    [InlineData("transformer:16,3,3,9", "'transformer:16,3,3,9': 3 heads do not divide a width of 16.")]
    [InlineData("transformer:16,3", "'transformer:16,3': takes width, layers, heads, tokens and perhaps a vocabulary, as in transformer:128,4,4,64 or transformer:128,4,4,64,1000.")]
    [InlineData("bert:width=600,heads=2", "'bert:width=600,heads=2': a head has 300 elements, at most 256 are possible.")]
    [InlineData("gpt:layers=0", "'gpt:layers=0': layers must be positive, found 0.")]
    [InlineData("bert:dropout=1", "'bert:dropout=1': dropout must be in [0, 1), found 1.")]
    [InlineData("bert:lora=8", "'bert:lora=8': 'lora' is unknown; known are pool, width, layers, heads, inner, dropout, units, recompute, places, vocabulary.")]
    public void WhatIsWrongIsSaid(string spec, string message) => Assert.Equal(message, Assert.Throws<ArgumentException>(() => Spec(spec)).Message);

    [Fact]
    public void DataThatDoNotFitAreRefused()
    {
        ModelSpec spec = Spec("transformer:16,1,2,9,50");
        Assert.Equal("'transformer:16,1,2,9,50' has 9 places, but a sample of the data has 10 tokens.", Assert.Throws<ShapeException>(() => spec.BuildOfTokens!(new TokenFormat(50, 10, 0), 2)).Message);
        Assert.Equal("'transformer:16,1,2,9,50' has a vocabulary of 50, but the data has 51 token ids.", Assert.Throws<ArgumentException>(() => spec.BuildOfTokens!(new TokenFormat(51, 9, 0), 2)).Message);
        Assert.Equal("The model reads tokens, and the data has samples of values of shape (28, 28, 1).", Assert.Throws<ArgumentException>(() => RunParts.Resolve(RunSettings.For("transformer:16,1,2,9,50"))).Message);
    }

    private static ModelSpec Spec(string text) => Models.Catalogue().Create(text);
}
