using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Attention beside its formula made of other operations, and what masks promise.</summary>
public sealed class AttentionTests
{
    private const int Heads = 3, Size = 5, Width = Heads * Size;

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 7, 7)]
    [InlineData(2, 33, 65)]
    [InlineData(1, 97, 300)]
    public void ItIsSoftmaxOfScaledScores(int n, int queries, int keys)
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        Tensor q = Draw(device, 1, n, queries, Width), k = Draw(device, 2, n, keys, Width), v = Draw(device, 3, n, keys, Width);
        double[] expected = Composed(q, k, v, null).ToDoubles();
        AssertNear(expected, q.Attention(k, v, Heads).ToDoubles(), 1e-7);
        using var cpu = new CpuDevice(2);
        using var cpuScope = new Scope();
        AssertNear(expected, Draw(cpu, 1, n, queries, Width).Attention(Draw(cpu, 2, n, keys, Width), Draw(cpu, 3, n, keys, Width), Heads).ToDoubles(), 1e-5);
    }

    [Fact]
    public void APackedProjectionIsItsThirds()
    {
        using var device = new CpuDevice(2);
        using var scope = new Scope();
        Tensor packed = Draw(device, 4, 3, 19, 3 * Width);
        Tensor q = packed.Slice(2, 0, Width), k = packed.Slice(2, Width, 2 * Width), v = packed.Slice(2, 2 * Width, 3 * Width);
        IntTensor lengths = IntTensor.From(device, [19, 4, 0]);
        var options = new AttentionOptions { IsCausal = true };
        Assert.Equal(q.Attention(k, v, Heads, options, lengths).ToArray(), packed.PackedAttention(Heads, options, lengths).ToArray());
    }

    /// <summary>The forward cache and data-parallel training stand on it.</summary>
    [Fact]
    public void ASamplesBitsDependNeitherOnItsCompanyNorOnPadding()
    {
        using var one = new CpuDevice(1);
        using var two = new CpuDevice(2);
        float[] alone = Rows(one, batch: 1, place: 0, places: 17);
        foreach (CpuDevice device in (CpuDevice[])[one, two])
        {
            for (int batch = 1; batch <= 130; batch += batch < 8 ? 1 : 61) Assert.Equal(alone, Rows(device, batch, batch / 2, 17));
            for (int padding = 1; padding <= 300; padding += padding < 40 ? 1 : 97) Assert.Equal(alone, Rows(device, 3, 1, 17 + padding));
        }

        // Seventeen tokens that are the same everywhere, among others that are not.
        static float[] Rows(CpuDevice device, int batch, int place, int places)
        {
            using var scope = new Scope();
            float[] packed = Draw(device, 9, batch, places, 3 * Width).ToArray();
            float[] sample = Draw(device, 10, 1, 17, 3 * Width).ToArray();
            sample.CopyTo(packed, place * places * 3 * Width);
            int[] lengths = [.. Enumerable.Range(0, batch).Select(i => i == place ? 17 : 1 + (i % 17))];
            Tensor y = Tensor.From(device, packed, [batch, places, 3 * Width]).PackedAttention(Heads, null, IntTensor.From(device, lengths));
            return y.ToArray().AsSpan(place * places * Width, 17 * Width).ToArray();
        }
    }

    [Fact]
    public void PaddingIsNotReadAndHasNoGradient()
    {
        using var device = new CpuDevice(2);
        using var scope = new Scope();
        float[] values = Draw(device, 5, 2, 8, Width).ToArray();
        // What is behind the second sequence's three keys is not even a number.
        for (int i = (8 + 3) * Width; i < 16 * Width; i++) values[i] = float.NaN;
        Tensor q = Draw(device, 6, 2, 4, Width).AsLeaf(), k = Tensor.From(device, values, [2, 8, Width]).AsLeaf(), v = Tensor.From(device, values, [2, 8, Width]).AsLeaf();
        Tensor y = q.Attention(k, v, Heads, null, IntTensor.From(device, [8, 3]));
        Assert.All(y.ToArray(), value => Assert.True(float.IsFinite(value)));
        y.Square().Sum().Backward();
        foreach (Tensor leaf in (Tensor[])[k, v])
        {
            float[] gradient = leaf.Grad!.ToArray();
            Assert.All(gradient[((8 + 3) * Width)..], value => Assert.Equal(0, value));
            Assert.All(gradient[..((8 + 3) * Width)], value => Assert.True(float.IsFinite(value)));
        }
        Assert.All(q.Grad!.ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void AQueryThatSeesNothingIsZero()
    {
        using var device = new CpuDevice(1);
        using var scope = new Scope();
        Tensor x = Draw(device, 7, 2, 3, Width).AsLeaf();
        float[] hidden = [.. Enumerable.Range(0, 9).Select(i => i / 3 == 1 ? float.NegativeInfinity : 0)];
        Tensor y = x.Attention(x, x, Heads, null, IntTensor.From(device, [3, 0]), Tensor.From(device, hidden, [3, 3]));
        float[] rows = y.ToArray();
        Assert.All(rows[Width..(2 * Width)], value => Assert.Equal(0, value));
        Assert.All(rows[(3 * Width)..], value => Assert.Equal(0, value));
        Assert.All(rows[..Width], value => Assert.NotEqual(0, value));
        y.Square().Sum().Backward();
        Assert.All(x.Grad!.ToArray()[(3 * Width)..], value => Assert.Equal(0, value));
    }

    /// <summary>As Hugging Face's code masks whole rows: a constant changes no weight, however large it is.</summary>
    [Theory]
    [InlineData(-1e4f)]
    [InlineData(-1e9f)]
    [InlineData(float.MinValue)]
    public void WeightsOfARowThatIsMaskedByANumberAddUpToOne(float masked)
    {
        foreach (Device device in (Device[])[new ReferenceDevice(), new CpuDevice(1)])
        {
            using (device)
            {
                using var scope = new Scope();
                float[] mask = new float[64];
                Array.Fill(mask, masked);
                Tensor q = Draw(device, 1, 1, 8, 4), k = Draw(device, 2, 1, 8, 4), v = Draw(device, 3, 1, 8, 4).AsLeaf();
                q.Attention(k, v, 1, mask: Tensor.From(device, mask, [8, 8])).Sum().Backward();
                Assert.Equal(32, v.Grad!.ToDoubles().Sum(), 1e-3);
            }
        }
    }

    [Fact]
    public void ANaNComesThrough()
    {
        using var device = new CpuDevice(1);
        using var scope = new Scope();
        float[] values = Draw(device, 8, 1, 3, Width).ToArray();
        values[0] = float.NaN;
        Tensor y = Tensor.From(device, values, [1, 3, Width]).Attention(Draw(device, 2, 1, 3, Width), Draw(device, 3, 1, 3, Width), Heads);
        Assert.True(float.IsNaN(y.ToArray()[0]));
        Assert.All(y.ToArray()[Width..], value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void TheValuesGradientAloneKeepsAndComputesLess()
    {
        using var device = new CpuDevice(1);
        using var scope = new Scope();
        const int Rows = 2 * 9 * Width, State = 2 * 2 * 9 * Heads;
        Tensor q = Draw(device, 1, 2, 9, Width), k = Draw(device, 2, 2, 9, Width), v = Draw(device, 3, 2, 9, Width);
        // Queries, keys and the state: the weights again, and their product with dy.
        Assert.Equal((sizeof(float) * ((2 * Rows) + State), 2), Of(q, k, v.AsLeaf()));
        // Also values and the result: the weights' gradient, then one product more for each.
        Assert.Equal((sizeof(float) * ((4 * Rows) + State), 3), Of(q.AsLeaf(), k, v));
        Assert.Equal((sizeof(float) * ((4 * Rows) + State), 5), Of(q.AsLeaf(), k.AsLeaf(), v.AsLeaf()));

        (long Kept, long Products) Of(Tensor query, Tensor key, Tensor value)
        {
            long before = device.Counters.SavedBytes;
            Tensor y = query.Attention(key, value, Heads);
            long kept = device.Counters.SavedBytes - before;
            Cost start = device.Counters.CostOf(Primitive.AttentionBackward);
            y.Sum().Backward();
            return (kept, (device.Counters.CostOf(Primitive.AttentionBackward) - start).Flops / (2L * 2 * Heads * 9 * 9 * Size));
        }
    }

    [Fact]
    public void WhatDoesNotFitIsSaid()
    {
        using var device = new CpuDevice(1);
        using var scope = new Scope();
        Tensor x = Draw(device, 1, 2, 4, 12);
        Assert.Equal("attention: needs queries (sequences, places, width) with a width that 5 heads divide, found (2, 4, 12).", Assert.Throws<ShapeException>(() => x.Attention(x, x, 5)).Message);
        Assert.Equal(
            "attention: a causal mask needs as many keys as queries, found 6 and 4.",
            Assert.Throws<ShapeException>(() => x.Attention(Draw(device, 1, 2, 6, 12), Draw(device, 1, 2, 6, 12), 3, new AttentionOptions { IsCausal = true })).Message);
        Assert.Equal("attention: length 5 at position 1 is not in [0, 5).", Assert.Throws<ArgumentOutOfRangeException>(() => x.Attention(x, x, 3, null, IntTensor.From(device, [4, 5]))).Message);
        Assert.Equal("attention: needs a mask ([[2 or 1,] 3 or 1,] 4, 4), found (4, 5).", Assert.Throws<ShapeException>(() => x.Attention(x, x, 3, mask: Draw(device, 1, 4, 5))).Message);
        Assert.StartsWith("attention: the mask is a constant", Assert.Throws<ArgumentException>(() => x.Attention(x, x, 3, mask: Draw(device, 1, 4, 4).AsLeaf())).Message, StringComparison.Ordinal);
        Tensor wide = Draw(device, 1, 1, 1, 257);
        Assert.Equal("attention: a head of (1, 1, 257) with 1 heads has 257 elements, it may have 1 to 256.", Assert.Throws<ShapeException>(() => wide.Attention(wide, wide, 1)).Message);
    }

    private static Tensor Composed(Tensor q, Tensor k, Tensor v, Tensor? mask)
    {
        Tensor Split(Tensor x) => x.Reshape([x.Shape[0], x.Shape[1], Heads, Size]).Permute(0, 2, 1, 3);
        Tensor scores = Split(q).MatMul(Split(k), transposeOther: true) * (1 / Math.Sqrt(Size));
        if (mask is not null) scores += mask;
        return scores.Softmax().MatMul(Split(v)).Permute(0, 2, 1, 3).Reshape([q.Shape[0], q.Shape[1], Width]);
    }

    private static Tensor Draw(Device device, ulong seed, params int[] extents)
    {
        var random = new RandomStream(seed, "attention");
        Shape shape = new(extents);
        return Tensor.From(device, [.. Enumerable.Range(0, shape.Count).Select(_ => (float)((2 * random.NextDouble()) - 1))], shape);
    }

    private static void AssertNear(double[] expected, double[] found, double tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++) Assert.InRange(found[i], expected[i] - tolerance, expected[i] + tolerance);
    }
}
