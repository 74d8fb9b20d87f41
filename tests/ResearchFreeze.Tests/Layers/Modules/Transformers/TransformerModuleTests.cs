using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

/// <summary>The modules of a transformer beside their formulas, and their gradients by differences.</summary>
public sealed class TransformerModuleTests
{
    private const int Width = 12, Heads = 3;

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void ABlockIsItsFormula(bool isPreNorm, bool isPacked)
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        using TransformerBlock block = new TransformerBlock(new TransformerOptions(Width, Heads) { Inner = 20, IsPreNorm = isPreNorm, IsPacked = isPacked }).Initialize(device, 3);
        Perturb(block);
        Tensor x = Draw(device, 1, 2, 5, Width);
        Tensor P(string path) => block.NamedParameters().Single(named => named.Path == path).Parameter.Value;
        Tensor Norm(Tensor t, string half) => t.LayerNorm(P($"{half}.norm.gamma"), P($"{half}.norm.beta"));
        Tensor Attend(Tensor t)
        {
            Tensor q, k, v;
            if (isPacked)
            {
                Tensor all = t.Linear(P("attention.layer.packed.weight"), P("attention.layer.packed.bias"));
                (q, k, v) = (all.Slice(2, 0, Width), all.Slice(2, Width, 2 * Width), all.Slice(2, 2 * Width, 3 * Width));
            }
            else
            {
                Tensor Projected(string name) => t.Linear(P($"attention.layer.{name}.weight"), P($"attention.layer.{name}.bias"));
                (q, k, v) = (Projected("query"), Projected("key"), Projected("value"));
            }
            Tensor Split(Tensor each) => each.Reshape([2, 5, Heads, Width / Heads]).Permute(0, 2, 1, 3);
            Tensor seen = (Split(q).MatMul(Split(k), transposeOther: true) / Math.Sqrt(Width / Heads)).Softmax().MatMul(Split(v)).Permute(0, 2, 1, 3).Reshape([2, 5, Width]);
            return seen.Linear(P("attention.layer.output.weight"), P("attention.layer.output.bias"));
        }

        Tensor Forward(Tensor t) => t.Linear(P("feedForward.layer.expand.weight"), P("feedForward.layer.expand.bias")).Gelu().Linear(P("feedForward.layer.contract.weight"), P("feedForward.layer.contract.bias"));
        Tensor expected;
        if (isPreNorm)
        {
            Tensor h = x + Attend(Norm(x, "attention"));
            expected = h + Forward(Norm(h, "feedForward"));
        }
        else
        {
            Tensor h = Norm(x + Attend(x), "attention");
            expected = Norm(h + Forward(h), "feedForward");
        }
        double[] found = block.Forward(x).ToDoubles(), want = expected.ToDoubles();
        for (int i = 0; i < want.Length; i++) Assert.InRange(found[i], want[i] - 1e-6, want[i] + 1e-6);
    }

    [Fact]
    public void OnlyTheValuesProjectionTrains()
    {
        using var device = new CpuDevice(1);
        using var scope = new Scope();
        using MultiHeadAttention attention = new MultiHeadAttention(Width, Heads).Initialize(device, 3);
        attention.Freeze();
        attention.Value!.Unfreeze();
        Tensor x = Draw(device, 1, 2, 7, Width);
        Tensor y = attention.Forward(x);
        Cost before = device.Counters.CostOf(Primitive.AttentionBackward);
        y.Square().Sum().Backward();
        // The weights again, and their product with dy: no gradient of scores.
        Assert.Equal(2 * 2L * 2 * Heads * 7 * 7 * (Width / Heads), (device.Counters.CostOf(Primitive.AttentionBackward) - before).Flops);
        Assert.Null(attention.Query!.Weight.Grad);
        Assert.NotNull(attention.Value.Weight.Grad);
    }

    [Fact]
    public void RotaryScoresDependOnTheDistanceAlone()
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        using var rotary = new RotaryPositions(6);
        // The same query and key at every place.
        float[] one = Draw(device, 1, 1, 1, 12).ToArray(), other = Draw(device, 2, 1, 1, 12).ToArray();
        Tensor q = rotary.Forward(Tensor.From(device, [.. Enumerable.Repeat(one, 5).SelectMany(row => row)], [1, 5, 12])), k = rotary.Forward(Tensor.From(device, [.. Enumerable.Repeat(other, 5).SelectMany(row => row)], [1, 5, 12]));
        double[] scores = q.Reshape([5, 12]).Slice(1, 0, 6).MatMul(k.Reshape([5, 12]).Slice(1, 0, 6), transposeOther: true).ToDoubles();
        for (int i = 0; i < 4; i++)
        {
            for (int j = 0; j < 4; j++) Assert.Equal(scores[(i * 5) + j], scores[((i + 1) * 5) + j + 1], 1e-6);
        }
        Assert.NotEqual(scores[0], scores[1], 1e-3);
        // Place 0 is not turned, place 1 by one radian in its first pair.
        Assert.Equal(one[..6], q.ToArray()[..6]);
        Assert.Equal((one[0] * Math.Cos(1)) - (one[3] * Math.Sin(1)), q.ToDoubles()[12], 1e-6);
    }

    /// <summary>A step neither makes nor uploads tables that are there; a longer sequence gets longer ones.</summary>
    [Fact]
    public void RotaryTablesAreMadeOnce()
    {
        using var device = new CpuDevice(1);
        using var scope = new Scope();
        using var rotary = new RotaryPositions(16);
        Tensor few = Draw(device, 1, 2, 40, 32), many = Draw(device, 2, 2, 90, 32);
        float[] first = rotary.Forward(few).ToArray();
        long live = device.Counters.Live(MemoryKind.Parameter), allocated = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(2 * 40 * 8 * sizeof(float), live);
        rotary.Forward(few);
        // Handles, and no tables of 1,280 bytes each.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 2560);
        Assert.Equal(live, device.Counters.Live(MemoryKind.Parameter));
        using (var fresh = new RotaryPositions(16)) Assert.Equal(fresh.Forward(many).ToArray(), rotary.Forward(many).ToArray());
        Assert.Equal(2 * 90 * 8 * sizeof(float), device.Counters.Live(MemoryKind.Parameter));
        Assert.Equal(first, rotary.Forward(few).ToArray());
        rotary.Dispose();
        Assert.Equal(0, device.Counters.Live(MemoryKind.Parameter));
    }

    /// <summary>What is said of an empty input is so.</summary>
    [Fact]
    public void AnEmptyBatchHasNoRowsToNormalise()
    {
        using var device = new CpuDevice(1);
        using var scope = new Scope();
        Tensor one = Tensor.Zeros(device, [8]), none = Tensor.Zeros(device, [0]);
        Assert.Equal("layer norm: needs at least one row, found (0, 8).", Assert.Throws<ShapeException>(() => Tensor.Zeros(device, [0, 8]).LayerNorm(one, one)).Message);
        Assert.Equal("rms norm: needs at least one row, found (3, 0, 8).", Assert.Throws<ShapeException>(() => Tensor.Zeros(device, [3, 0, 8]).RmsNorm(one)).Message);
        Assert.Equal("layer norm: needs a non-empty innermost axis, found (2, 0).", Assert.Throws<ShapeException>(() => Tensor.Zeros(device, [2, 0]).LayerNorm(none, none)).Message);
        Assert.Equal("group norm: needs samples of at least one pixel and channel, found (0, 2, 2, 8).", Assert.Throws<ShapeException>(() => Tensor.Zeros(device, [0, 2, 2, 8]).GroupNorm(2, one, one)).Message);
    }

    [Fact]
    public void LoraBeginsAsTheLayerAndMergesIntoIt()
    {
        using var device = new CpuDevice(1);
        using var scope = new Scope();
        using LoraLinear lora = new LoraLinear(6, 4, rank: 2, alpha: 4).Initialize(device, 3);
        Tensor x = Draw(device, 1, 5, 6);
        Assert.Equal(x.Linear(lora.Weight.Value, lora.Bias!.Value).ToArray(), lora.Forward(x).ToArray());
        lora.Weight.IsFrozen = true;
        lora.Bias.IsFrozen = true;
        lora.Up.Set([.. Enumerable.Range(0, 8).Select(i => (i - 3) / 7f)]);
        float[] before = lora.Forward(x).ToArray();
        lora.Forward(x).Sum().Backward();
        Assert.Null(lora.Weight.Grad);
        Assert.NotNull(lora.Up.Grad);
        lora.Merge();
        float[] merged = x.Linear(lora.Weight.Value, lora.Bias.Value).ToArray();
        Assert.Equal(merged, lora.Forward(x).ToArray());
        for (int i = 0; i < before.Length; i++) Assert.Equal(before[i], merged[i], 1e-5);
    }

    [Fact]
    public void TheMeanIsOfASequencesOwnPlaces()
    {
        using var device = new CpuDevice(1);
        using var scope = new Scope();
        using var pool = new MeanPool();
        Tensor x = Draw(device, 1, 3, 4, 514).AsLeaf();
        float[] values = x.ToArray(), means = pool.Forward(x, IntTensor.From(device, [4, 3, 1])).ToArray();
        int[] lengths = [4, 3, 1];
        for (int n = 0; n < 3; n++)
        {
            for (int c = 0; c < 514; c++)
            {
                double expected = Enumerable.Range(0, lengths[n]).Average(t => (double)values[(((n * 4) + t) * 514) + c]);
                Assert.Equal(expected, means[(n * 514) + c], 1e-6);
            }
        }
        pool.Forward(x, IntTensor.From(device, lengths)).Sum().Backward();
        float[] gradient = x.Grad!.ToArray();
        for (int n = 0; n < 3; n++)
        {
            for (int t = 0; t < 4; t++) Assert.Equal(t < lengths[n] ? 1f / lengths[n] : 0, gradient[((n * 4) + t) * 514], 1e-7);
        }
    }

    [Fact]
    public void PatchesAreReadRowByRow()
    {
        using var device = new CpuDevice(1);
        using var scope = new Scope();
        using PatchEmbedding patches = new PatchEmbedding(1, 2, 1).Initialize(device, 3);
        patches.Projection.Weight.Set(1, 10, 100, 1000);
        Tensor x = Tensor.From(device, [.. Enumerable.Range(0, 16).Select(i => (float)i)], [1, 4, 4, 1]);
        Assert.Equal([5410, 7632, 14298, 16520], patches.Forward(x).ToArray().Select(value => (int)value));
        Assert.Equal("patches '': need images whose sides are multiples of 2, found (1, 3, 4, 1).", Assert.Throws<ShapeException>(() => patches.Forward(Tensor.Zeros(device, [1, 3, 4, 1]))).Message);
    }

    [Fact]
    public void DropoutIsKeyedAndOffInEvaluation()
    {
        using var device = new CpuDevice(1);
        using var scope = new Scope();
        using TransformerBlock a = new TransformerBlock(new TransformerOptions(Width, Heads) { Dropout = 0.3f }).Initialize(device, 3);
        using TransformerBlock b = new TransformerBlock(new TransformerOptions(Width, Heads) { Dropout = 0.3f }).Initialize(device, 3);
        Tensor x = Draw(device, 1, 2, 5, Width).AsLeaf();
        float[] first = a.Forward(x).ToArray();
        Assert.Equal(first, b.Forward(x).ToArray());
        Assert.NotEqual(first, a.Forward(x).ToArray());
        a.Eval();
        Assert.Equal(a.Forward(x).ToArray(), a.Forward(x).ToArray());
    }

    [Fact]
    public void WeightsThatAreWrittenBeforeTheyAreReadAgainAreAnError()
    {
        using var device = new CpuDevice(1);
        using var scope = new Scope();
        using TransformerBlock block = new TransformerBlock(new TransformerOptions(Width, Heads) { IsRecomputed = true }).Initialize(device, 3);
        Tensor y = block.Forward(Draw(device, 1, 2, 5, Width));
        block.Layers.Expand.Weight.Set(new float[block.Layers.Expand.Weight.Shape.Count]);
        Assert.Contains("was written after the forward pass", Assert.Throws<InvalidOperationException>(() => y.Square().Sum().Backward()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-0.5f)]
    [InlineData(float.NaN)]
    [InlineData(1f)]
    public void ADropoutThatIsNoneIsRefused(float dropout) => Assert.Throws<ArgumentOutOfRangeException>(() => new TransformerBlock(new TransformerOptions(Width, Heads) { Dropout = dropout }));

    private static void Perturb(ModuleBase module)
    {
        var random = new RandomStream(5, "perturb");
        foreach (Parameter parameter in module.Parameters()) parameter.Set([.. parameter.Value.ToArray().Select(value => value + (float)(0.2 * ((2 * random.NextDouble()) - 1)))]);
    }

    private static Tensor Draw(Device device, ulong seed, params int[] extents)
    {
        var random = new RandomStream(seed, "modules");
        Shape shape = new(extents);
        return Tensor.From(device, [.. Enumerable.Range(0, shape.Count).Select(_ => (float)((2 * random.NextDouble()) - 1))], shape);
    }
}
