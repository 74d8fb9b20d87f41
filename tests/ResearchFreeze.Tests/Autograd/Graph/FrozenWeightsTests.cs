using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Frozen weights in bfloat16: bit for bit what float32 weights give that were rounded beforehand, in half of the bytes.</summary>
public sealed class FrozenWeightsTests
{
    private const int Rows = 12, Wide = 48, Classes = 5;

    /// <summary>What reads weights: products, convolutions in all directions and forms, tables, recurrent cells, attention, additions, blocks that are run again.</summary>
    public static TheoryData<string> Networks => ["mlp", "cnn", "depthwise", "text", "recomputed", "lstm", "gru", "lora"];

    [Theory]
    [MemberData(nameof(Networks))]
    public void TheyGiveWhatWeightsGiveThatWereRoundedBeforehand(string network) => TestDevices.Each(device => SameAsRounded(device, network));

    [Fact]
    public void TheyTakeTwoBytesEachAndNothingIsKeptOfThemAsReals() => TestDevices.Each(Bytes);

    [Fact]
    public void WhatWritesThemGivesThemTheirDigitsBack() => TestDevices.Each(device =>
    {
        using Sequential model = Tests.Networks.Mlp(device, 4, 3, 2);
        Parameter weight = model.Parameters().First();
        weight.IsFrozen = true;
        weight.Keep(Precision.BFloat16);
        Tensor held = weight.Value;
        float[] rounded = held.ToArray(), exact = [.. Enumerable.Range(0, 12).Select(i => 0.1f * (i + 1))];
        Assert.All(rounded, value => Assert.Equal(value, Precisions.Round(value, Precision.BFloat16)));
        using (var copy = new TensorCopy([held]))
        {
            copy.Take();
            Assert.True(copy.IsCurrent());
            weight.Set(exact);
            Exactly();
            // What was copied before it was rounded comes back with all digits.
            copy.Take();
            weight.Keep(Precision.BFloat16);
            Assert.False(copy.IsCurrent());
            copy.Restore();
            Exactly();
            weight.Keep(Precision.BFloat16);
            copy.Swap();
            Assert.Equal(exact, held.ToArray());
        }
        weight.Keep(Precision.BFloat16);
        weight.Keep(Precision.BFloat16);
        float[] once = held.ToArray();
        weight.Keep(Precision.Float32);
        Assert.Equal(once, held.ToArray());
        Assert.Equal([.. exact.Select(value => Precisions.Round(value, Precision.BFloat16))], once);

        void Exactly()
        {
            Assert.Equal(Precision.Float32, weight.Precision);
            Assert.Equal(exact, held.ToArray());
        }
    });

    [Fact]
    public void WhatTrainsIsRefused()
    {
        using var device = new CpuDevice(1);
        using Sequential model = Tests.Networks.Mlp(device, 4, 3, 2);
        Parameter weight = model.Parameters().First();
        Assert.Equal("Parameter.Keep: 'fc1.weight' trains, and updates smaller than bfloat16's digits would be lost: freeze it first.", Assert.Throws<InvalidOperationException>(() => weight.Keep(Precision.BFloat16)).Message);
        Assert.Contains("'fc1.weight' is kept in float32 or bf16, found tf32.", Assert.Throws<ArgumentException>(() => weight.Keep(Precision.TF32)).Message, StringComparison.Ordinal);
        weight.Keep(Precision.Float32);
        Assert.Equal("Form of frozen weights 'half' is unknown; known are float32, bf16.", Assert.Throws<ArgumentException>(() => Precisions.ParseFrozen("half")).Message);
    }

    internal static void SameAsRounded(Device device, string network)
    {
        (double[] loss, double[][] gradients) = Step(device, network, packs: false);
        long before = device.Counters.Calls(Primitive.FromBFloat16);
        (double[] found, double[][] others) = Step(device, network, packs: true);
        Assert.True(device.Counters.Calls(Primitive.FromBFloat16) > before);
        Assert.Equal(loss, found);
        Assert.Equal(gradients.Length, others.Length);
        for (int i = 0; i < gradients.Length; i++) Assert.Equal(gradients[i], others[i]);
        Assert.Contains(gradients, each => each.Any(value => value != 0));
    }

    /// <summary>Of a frozen layer in the middle: its weight is kept for the input gradient, as it lies, and widened once a pass.</summary>
    internal static void Bytes(Device device)
    {
        using Sequential model = Tests.Networks.Mlp(device, Wide, Wide, Wide, Classes);
        Parameter weight = model[1].Parameters().First();
        long full = device.Counters.Live(MemoryKind.Parameter);
        (long plain, _) = Peaks(device, model);
        weight.IsFrozen = true;
        weight.Keep(Precision.BFloat16);
        Assert.Equal(Wide * Wide * (device.RealSize - sizeof(ushort)), full - device.Counters.Live(MemoryKind.Parameter));
        long calls = device.Counters.Calls(Primitive.FromBFloat16);
        (long saved, long gradients) = Peaks(device, model);
        Assert.Equal(2, device.Counters.Calls(Primitive.FromBFloat16) - calls);
        // Nothing saved but what was saved before, and no gradient of it.
        Assert.True(saved <= plain);
        Assert.Equal((long)device.RealSize * ((2 * Wide) + (Wide * Wide) + (Wide * Classes) + Classes), gradients);
        Assert.Equal(0, device.Counters.SavedBytes);
    }

    private static (long Saved, long Gradients) Peaks(Device device, Sequential model)
    {
        device.Counters.ResetPeaks();
        Tests.Networks.Backward(model, device, Rows, Wide, Classes);
        (long saved, long gradients) = (device.Counters.PeakSavedBytes, device.Counters.Live(MemoryKind.Gradient));
        model.ClearGradients();
        return (saved, gradients);
    }

    /// <summary>Every second weight of two axes or more is frozen, so that some lie before what trains, some behind, and their inputs' gradients are wanted.</summary>
    private static (double[] Loss, double[][] Gradients) Step(Device device, string network, bool packs)
    {
        (ModuleBase model, Func<Tensor> forward) = Of(device, network);
        using ModuleBase owned = model;
        Parameter[] weights = [.. model.Parameters().Where(parameter => parameter.Shape.Rank > 1)];
        foreach (Parameter weight in weights.Where((_, i) => i % 2 == 0))
        {
            weight.IsFrozen = true;
            if (packs) weight.Keep(Precision.BFloat16);
            else weight.Set([.. weight.Value.ToArray().Select(value => Precisions.Round(value, Precision.BFloat16))]);
        }
        using var scope = new Scope();
        Tensor loss = forward();
        loss.Backward();
        double[][] gradients = [.. model.Parameters().Where(parameter => !parameter.IsFrozen).Select(parameter => Tests.Networks.Values(parameter.Grad!))];
        Assert.All(weights.Where(weight => weight.IsFrozen), weight => Assert.Null(weight.Grad));
        model.ClearGradients();
        return (Tests.Networks.Values(loss), gradients);
    }

    private static (ModuleBase Model, Func<Tensor> Loss) Of(Device device, string network)
    {
        switch (network)
        {
            case "mlp":
                Sequential mlp = Tests.Networks.Mlp(device, Wide, 24, 24, 24, Classes);
                return (mlp, () => Classified(mlp.Forward(Inputs([Rows, Wide]))));
            case "cnn":
                Sequential cnn = Models.Cnn([8, 8, 1], Classes, first: 8, second: 16, hidden: 24);
                cnn.Initialize(device, 3);
                return (cnn, () => Classified(cnn.Forward(Inputs([Rows, 8, 8, 1]))));
            case "depthwise":
                var images = new Sequential(
                    ("first", new Conv2d(4, 8, 3, padding: 1)), ("depthwise", new Conv2d(8, 8, 3, padding: 1, groups: 8)), ("stride", new Conv2d(8, 16, 3, stride: 2, padding: 1, activation: Activation.Relu)),
                    ("transposed", new ConvTranspose2d(16, 4, 2, stride: 2)), ("last", new Conv2d(4, 4, 1)));
                images.Initialize(device, 3);
                return (images, () => Squared(images.Forward(Inputs([3, 6, 6, 4]))));
            case "text":
            case "recomputed":
                var table = new Embedding(20, 16);
                var blocks = new Sequential(
                    ("one", new TransformerBlock(new TransformerOptions(16, 4) { IsCausal = true, IsRecomputed = network == "recomputed" })), ("two", new TransformerBlock(new TransformerOptions(16, 4) { IsPacked = true, IsRecomputed = network == "recomputed" })));
                var both = new Pair(table, blocks);
                both.Initialize(device, 3);
                return (both, () => Squared(blocks.Forward(table.Forward(IntTensor.From(device, [.. Enumerable.Range(0, 24).Select(i => i * 7 % 20)]).Reshape([4, 6])))));
            case "lora":
                var lora = new Sequential(("one", new LoraLinear(Wide, 24, 4, 8)), ("two", new LoraLinear(24, Classes, 2, 4)));
                lora.Initialize(device, 3);
                return (lora, () => Classified(lora.Forward(Inputs([Rows, Wide]))));
            default:
                Recurrent cells = network == "gru" ? new Gru(6, 8) : new Lstm(6, 8);
                cells.Initialize(device, 3);
                return (cells, () => Squared(cells.Forward(Inputs([3, 5, 6])).Outputs));
        }

        Tensor Inputs(Shape shape) => Tests.Networks.Batch(device, 1, shape.Count, 2).Inputs.Reshape(shape);

        Tensor Classified(Tensor logits) => Loss.CrossEntropy(logits, IntTensor.From(device, [.. Enumerable.Range(0, Rows).Select(i => i % Classes)]));

        static Tensor Squared(Tensor y) => (y * y).Mean();
    }

    /// <summary>A table and what reads its rows.</summary>
    private sealed class Pair : ModuleBase
    {
        public Pair(Embedding table, Sequential blocks)
        {
            Register("table", table);
            Register("blocks", blocks);
        }
    }
}

/// <summary>The same on OpenCL.</summary>
[Collection("gpu")]
public sealed class FrozenWeightsOpenClTests(GpuFixture fixture)
{
    [Theory]
    [MemberData(nameof(FrozenWeightsTests.Networks), MemberType = typeof(FrozenWeightsTests))]
    public void TheyGiveWhatWeightsGiveThatWereRoundedBeforehand(string network) => FrozenWeightsTests.SameAsRounded(fixture.OpenCl, network);

    [Fact]
    public void TheyTakeTwoBytesEachAndNothingIsKeptOfThemAsReals() => FrozenWeightsTests.Bytes(fixture.OpenCl);
}
