using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>What only the graph holds is kept in bfloat16 where that was asked for: its bytes, what the gradients lose, and all that stays as it is.</summary>
public sealed class SavedActivationsTests
{
    private const int Rows = 64, Classes = 10, Narrow = 128, Wide = 256, In = 32;

    [Fact]
    public void OfAnMlpItsHiddenActivationsAreKeptInTwoBytesEach() => TestDevices.Each(BytesOfAnMlp);

    [Fact]
    public void OfACnnToo() => TestDevices.Each(BytesOfACnn);

    [Fact]
    public void OnlyProductsWithWhatWasRoundedDiffer() => TestDevices.Each(GradientsOfAnMlp);

    [Fact]
    public void GradientsOfABlockStayNear() => TestDevices.Each(GradientsOfATransformer);

    [Fact]
    public void AFrozenPrefixKeepsNothingAndConvertsNothing() => TestDevices.Each(FrozenPrefix);

    /// <summary>By hand. The batch is its owner's and stays float32, the logits are the loss's, and the loss keeps a number a row and one more.</summary>
    internal static void BytesOfAnMlp(Device device)
    {
        const int Hidden = (Rows * Narrow) + (Rows * Wide), Others = (Rows * In) + (Rows * Classes) + Rows + 1;
        using Sequential model = Networks.Mlp(device, In, Narrow, Wide, Classes);
        (long plain, long plainPeak) = SavedBytes(device, Precision.Float32, () => LossOf(device, model));
        (long half, long peak) = SavedBytes(device, Precision.BFloat16, () => LossOf(device, model));
        Assert.Equal(((long)device.RealSize * (Hidden + Others)) + (sizeof(int) * Rows), plain);
        Assert.Equal(((long)device.RealSize * Others) + (sizeof(ushort) * Hidden) + (sizeof(int) * Rows), half);
        // While a layer works its input and its result are float32 both: with two hidden layers that is the peak.
        Assert.Equal((plain, (long)device.RealSize * Rows * (In + Narrow + Wide)), (plainPeak, peak));
        // With ten of them eight have been packed by then.
        using Sequential deep = Networks.Mlp(device, [In, .. Enumerable.Repeat(Narrow, 10), Classes]);
        Assert.Equal(((long)device.RealSize * Rows * (In + (2 * Narrow))) + (sizeof(ushort) * Rows * 8 * Narrow), SavedBytes(device, Precision.BFloat16, () => LossOf(device, deep)).Peak);
    }

    /// <summary>8×8 pixels: two convolutions of 8 and 16 channels, each with a pool, a layer of 64. A pool keeps where its largest are, which are integers.</summary>
    internal static void BytesOfACnn(Device device)
    {
        const int Images = 16, Pooled = 4 * 4 * 8, PooledTwice = 2 * 2 * 16, Kept = Images * ((8 * 8 * 8) + Pooled + (4 * 4 * 16) + PooledTwice + 64), Places = Images * (Pooled + PooledTwice);
        const int Others = Images * ((8 * 8) + Classes + 1) + 1;
        using Sequential model = Models.Cnn([8, 8, 1], Classes, first: 8, second: 16, hidden: 64);
        model.Initialize(device, 3);
        Tensor Forward()
        {
            (Tensor inputs, IntTensor labels) = Networks.Batch(device, Images, 64, Classes);
            return Loss.CrossEntropy(model.Forward(inputs.Reshape([Images, 8, 8, 1])), labels);
        }

        Assert.Equal(((long)device.RealSize * (Kept + Others)) + (sizeof(int) * (Places + Images)), SavedBytes(device, Precision.Float32, Forward).Saved);
        Assert.Equal(((long)device.RealSize * Others) + (sizeof(ushort) * Kept) + (sizeof(int) * (Places + Images)), SavedBytes(device, Precision.BFloat16, Forward).Saved);
    }

    /// <summary>A ReLU's derivative is the same of a rounded result, so what flows back is too: only weights whose input was rounded get another gradient, at most 2⁻⁸ of each product away.</summary>
    internal static void GradientsOfAnMlp(Device device)
    {
        using Sequential model = Networks.Mlp(device, In, Narrow, Wide, Classes);
        (double[] exactLoss, double[][] exact) = Step(device, Precision.Float32, model, () => LossOf(device, model));
        (double[] loss, double[][] rounded) = Step(device, Precision.BFloat16, model, () => LossOf(device, model));
        (_, double[][] again) = Step(device, Precision.BFloat16, model, () => LossOf(device, model));
        Assert.Equal(exactLoss, loss);
        Assert.Equal(rounded, again);
        string[] paths = [.. model.Parameters().Select(parameter => parameter.Path)];
        for (int i = 0; i < paths.Length; i++)
        {
            double far = Distance(exact[i], rounded[i]);
            if (paths[i] is "fc2.weight" or "fc3.weight") Assert.InRange(far, 1e-5, Precisions.RoundingOf(Precision.BFloat16));
            else Assert.Equal((paths[i], 0), (paths[i], far));
        }
    }

    internal static void GradientsOfATransformer(Device device)
    {
        using Sequential model = new Sequential(("one", new TransformerBlock(new TransformerOptions(32, 4) { IsCausal = true })), ("two", new TransformerBlock(new TransformerOptions(32, 4) { IsPreNorm = false, IsPacked = true }))).Initialize(device, 3);
        Tensor Forward()
        {
            (Tensor inputs, _) = Networks.Batch(device, 64, 32, Classes);
            Tensor y = model.Forward(inputs.Reshape([4, 16, 32]));
            return (y * y * y).Mean();
        }

        (double[] exactLoss, double[][] exact) = Step(device, Precision.Float32, model, Forward);
        (double[] loss, double[][] rounded) = Step(device, Precision.BFloat16, model, Forward);
        Assert.Equal(exactLoss, loss);
        Assert.Equal(rounded, Step(device, Precision.BFloat16, model, Forward).Gradients);
        double[] far = [.. exact.Zip(rounded, Distance)];
        Assert.Contains(far, each => each > 1e-4);
        // The bias of keys has no gradient but for rounding.
        Assert.All(model.Parameters().Zip(far).Where(pair => !pair.First.Path.Contains("key.bias", StringComparison.OrdinalIgnoreCase)), pair => Assert.True(pair.Second < 4 * Precisions.RoundingOf(Precision.BFloat16), $"{pair.First.Path}: {pair.Second}"));
    }

    internal static void FrozenPrefix(Device device)
    {
        using Sequential model = Networks.Mlp(device, In, Narrow, Wide, Classes);
        model[0].Freeze();
        model[1].Freeze();
        long calls = device.Counters.Calls(Primitive.ToBFloat16);
        (long plain, _) = SavedBytes(device, Precision.Float32, () => LossOf(device, model));
        Assert.Equal(plain, SavedBytes(device, Precision.Float32, () => LossOf(device, model)).Saved);
        Assert.Equal(calls, device.Counters.Calls(Primitive.ToBFloat16));
        // What the head reads is kept, and only that.
        (long half, _) = SavedBytes(device, Precision.BFloat16, () => LossOf(device, model));
        Assert.Equal(1, device.Counters.Calls(Primitive.ToBFloat16) - calls);
        Assert.Equal(Rows * Wide * (device.RealSize - sizeof(ushort)), plain - half);
    }

    /// <summary>With the default not a call more is made, and none fewer.</summary>
    [Fact]
    public void WithoutItNothingIsConverted() => TestDevices.Each(device =>
    {
        using Sequential model = Networks.Mlp(device, In, Narrow, Wide, Classes);
        Step(device, Precision.Float32, model, () => LossOf(device, model));
        Assert.Equal((0, 0), (device.Counters.Calls(Primitive.ToBFloat16), device.Counters.Calls(Primitive.FromBFloat16)));
        long before = device.Counters.TotalCalls;
        Step(device, Precision.Float32, model, () => LossOf(device, model));
        long plain = device.Counters.TotalCalls - before;
        Step(device, Precision.BFloat16, model, () => LossOf(device, model));
        // Two hidden results, each rounded once; the activation's derivative and the product of the next layer each ask for reals.
        Assert.Equal((2, 4), (device.Counters.Calls(Primitive.ToBFloat16), device.Counters.Calls(Primitive.FromBFloat16)));
        Assert.Equal(plain + 6, device.Counters.TotalCalls - before - plain);
    });

    [Fact]
    public void WhatSomebodyHoldsStaysAsItIsAndIsNotKeptTwice() => TestDevices.Each(device =>
    {
        device.SavedPrecision = Precision.BFloat16;
        using Sequential model = Networks.Mlp(device, In, Narrow, Wide, Classes);
        using var scope = new Scope();
        (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
        Tensor held = model.ForwardRange(inputs, 0, 1);
        Tensor loss = Loss.CrossEntropy(model.ForwardRange(held, 1, 3), labels);
        Assert.Equal(1, device.Counters.Calls(Primitive.ToBFloat16));
        // The last handle goes, also a second one of the same memory.
        Tensor second = held.StopGradient();
        held.Dispose();
        Assert.Equal(1, device.Counters.Calls(Primitive.ToBFloat16));
        second.Dispose();
        Assert.Equal(2, device.Counters.Calls(Primitive.ToBFloat16));
        loss.Backward();
        Assert.Equal(0, device.Counters.SavedBytes);
    });

    [Fact]
    public void WhatWasWrittenSinceIsStaleAlsoWhereItIsPacked() => TestDevices.Each(device =>
    {
        device.SavedPrecision = Precision.BFloat16;
        using Sequential model = Networks.Mlp(device, In, Narrow, Wide, Classes);
        using var scope = new Scope();
        (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
        Tensor held = model.ForwardRange(inputs, 0, 1);
        Tensor loss = Loss.CrossEntropy(model.ForwardRange(held, 1, 3), labels);
        device.Fill(held.Range, 1);
        held.Dispose();
        Assert.Equal(2, device.Counters.Calls(Primitive.ToBFloat16));
        Assert.Contains("was written after the forward pass", Assert.Throws<InvalidOperationException>(loss.Backward).Message, StringComparison.Ordinal);
    });

    [Fact]
    public void AGraphThatIsDroppedGivesAllOfItBack() => TestDevices.Each(device =>
    {
        device.SavedPrecision = Precision.BFloat16;
        using Sequential model = Networks.Mlp(device, In, Narrow, Wide, Classes);
        long before = device.Counters.LiveBytes;
        using (new Scope()) LossOf(device, model);
        Assert.Equal((0, before), (device.Counters.SavedBytes, device.Counters.LiveBytes));
    });

    [Fact]
    public void BytesAreBookedUnderTheUnitsThatKeepThem() => TestDevices.Each(device =>
    {
        using Sequential model = Networks.Mlp(device, In, Narrow, Wide, Classes);
        int first = device.Counters.AddUnits(3);
        for (int i = 0; i < 3; i++)
        {
            foreach (Parameter parameter in model[i].Parameters()) parameter.Unit = first + i;
        }
        long[] plain = Booked(Precision.Float32), half = Booked(Precision.BFloat16);
        int less = device.RealSize - sizeof(ushort);
        // A layer keeps its result for its ReLU; the next one has it as its input. The head's is the loss's too.
        Assert.Equal([Rows * Narrow * less, Rows * Wide * less, 0], plain.Take(3).Zip(half, (a, b) => a - b));
        Assert.Equal([0, Rows * Narrow * less, Rows * Wide * less], plain.Skip(3).Zip(half.Skip(3), (a, b) => a - b));

        long[] Booked(Precision precision)
        {
            long[] before = Now();
            Step(device, precision, model, () => LossOf(device, model));
            return [.. Now().Zip(before, (after, was) => after - was)];
        }

        long[] Now() => [.. Enumerable.Range(first, 3).Select(device.Counters.KeptBytes), .. Enumerable.Range(first, 3).Select(device.Counters.SharedBytes)];
    });

    /// <summary>A block that is run again keeps its input, packed once the next has read it; what its first pass makes is dropped at once and not worth packing.</summary>
    [Fact]
    public void ABlockThatIsRunAgainPacksItsInputAlone() => TestDevices.Each(device =>
    {
        device.SavedPrecision = Precision.BFloat16;
        TransformerOptions options = new(32, 4) { IsRecomputed = true };
        using Sequential model = new Sequential(("one", new TransformerBlock(options)), ("two", new TransformerBlock(options)), ("three", new TransformerBlock(options))).Initialize(device, 3);
        using var scope = new Scope();
        (Tensor inputs, _) = Networks.Batch(device, 64, 32, Classes);
        Tensor loss = model.Forward(inputs.Reshape([4, 16, 32])).Mean();
        Assert.Equal(2, device.Counters.Calls(Primitive.ToBFloat16));
        loss.Backward();
        Assert.Equal(0, device.Counters.SavedBytes);
        Assert.All(model.Parameters(), parameter => Assert.NotNull(parameter.Grad));
    });

    [Fact]
    public void AnotherPrecisionIsRefused()
    {
        using var device = new CpuDevice(1);
        Assert.Equal("cpu: saved activations are float32 or bf16, found tf32.", Assert.Throws<ArgumentException>(() => device.SavedPrecision = Precision.TF32).Message);
        Assert.Equal("Activations 'tf32' is unknown; known are float32, bf16.", Assert.Throws<ArgumentException>(() => Precisions.ParseSaved("tf32")).Message);
    }

    [Fact]
    public void OtherPrimitivesDoNotTakeIt()
    {
        using var device = new CpuDevice(1);
        Storage storage = device.Rent(ElementKind.BFloat16, 8, MemoryKind.Activation);
        using Tensor reals = Tensor.Zeros(device, [8]);
        var all = new TensorRange(storage, 0, 8);
        Assert.Equal(16, storage.Bytes);
        Assert.Contains("is of kind BFloat16, expected Real", Assert.Throws<ArgumentException>(() => device.Fill(all, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("is of kind BFloat16, expected Real or Int32", Assert.Throws<ArgumentException>(() => device.Copy(all, all)).Message, StringComparison.Ordinal);
        Assert.Contains("is of kind Real, expected BFloat16", Assert.Throws<ArgumentException>(() => device.FromBFloat16(reals.Range, reals.Range)).Message, StringComparison.Ordinal);
        storage.Release();
    }

    private static Tensor LossOf(Device device, Sequential model)
    {
        (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
        return Loss.CrossEntropy(model.Forward(inputs), labels);
    }

    private static (long Saved, long Peak) SavedBytes(Device device, Precision precision, Func<Tensor> forward)
    {
        device.SavedPrecision = precision;
        using var scope = new Scope();
        device.Counters.ResetPeaks();
        Tensor loss = forward();
        (long saved, long peak) = (device.Counters.SavedBytes, device.Counters.PeakSavedBytes);
        loss.Backward();
        Assert.Equal(0, device.Counters.SavedBytes);
        device.SavedPrecision = Precision.Float32;
        return (saved, peak);
    }

    private static (double[] Loss, double[][] Gradients) Step(Device device, Precision precision, ModuleBase model, Func<Tensor> forward)
    {
        device.SavedPrecision = precision;
        using var scope = new Scope();
        Tensor loss = forward();
        loss.Backward();
        double[][] gradients = [.. model.Parameters().Select(parameter => Networks.Values(parameter.Grad!))];
        model.ClearGradients();
        device.SavedPrecision = Precision.Float32;
        return (Networks.Values(loss), gradients);
    }

    /// <summary>The length of the difference as a part of what was expected.</summary>
    private static double Distance(double[] expected, double[] found) =>
        Math.Sqrt(expected.Zip(found, (a, b) => (a - b) * (a - b)).Sum()) / Math.Sqrt(expected.Sum(value => value * value));
}

/// <summary>The same on OpenCL.</summary>
[Collection("gpu")]
public sealed class SavedActivationsOpenClTests(GpuFixture fixture)
{
    [Fact]
    public void OfAnMlpItsHiddenActivationsAreKeptInTwoBytesEach() => SavedActivationsTests.BytesOfAnMlp(fixture.OpenCl);

    [Fact]
    public void OfACnnToo() => SavedActivationsTests.BytesOfACnn(fixture.OpenCl);

    [Fact]
    public void OnlyProductsWithWhatWasRoundedDiffer() => SavedActivationsTests.GradientsOfAnMlp(fixture.OpenCl);

    [Fact]
    public void GradientsOfABlockStayNear() => SavedActivationsTests.GradientsOfATransformer(fixture.OpenCl);

    [Fact]
    public void AFrozenPrefixKeepsNothingAndConvertsNothing() => SavedActivationsTests.FrozenPrefix(fixture.OpenCl);
}
