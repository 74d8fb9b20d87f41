using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Products whose second operand rests use panels packed before: the bits are those of a product that packs its own, whatever is written in between.</summary>
[EverySimdLevel]
public sealed unsafe class PackedOperandTests
{
    private const int Repeats = PackedOperand.Patience + 4;

    [Theory]
    [InlineData(128, 70, 300, false, true)]       // a forward pass, several blocks of the sum
    [InlineData(128, 70, 300, false, false)]      // an input gradient
    [InlineData(50, 33, 17, true, false)]
    [InlineData(1, 9, 40, false, true)]           // one row
    [InlineData(3, 20, 9, false, false)]          // so few rows that nothing is packed
    [InlineData(7, 4500, 300, false, true)]       // more than fits the buffers of a product that packs its own
    [InlineData(4000, 40, 300, true, true)]       // several blocks of rows
    [InlineData(40, 16, 0, false, true)]          // nothing to sum
    [InlineData(20, 2, 50, false, true)]          // panels would be many times as large
    public void RepeatedProductsKeepTheirBits(int m, int n, int k, bool transposeA, bool transposeB)
    {
        // Without vector instructions every lane is emulated: a child process takes fewer blocks of rows and one turn.
        bool isShort = CpuDeviceProcessTests.IsChild && !TestDevices.IsLong;
        if (isShort) (m, n) = (Math.Min(m, 1000), Math.Min(n, 1000));
        using var device = new CpuDevice(2);
        using var other = new CpuDevice(1);
        GemmShape shape = GemmShape.Of(m, n, k, transposeA, transposeB);
        float[] a = Draw("a", m * k), b = Draw("b", k * n), changed = Draw("changed", k * n), bias = Draw("bias", n);
        using Tensor left = Tensor.From(device, a, [m * k]), right = Tensor.From(device, b, [k * n]), row = Tensor.From(device, bias, [n]), result = Tensor.Zeros(device, [m * n]);
        float[] expected = Fresh(other, shape, a, b, bias), afterwards = Fresh(other, shape, a, changed, bias);
        for (int turn = 0; turn < (isShort ? 1 : 2); turn++)
        {
            for (int i = 0; i < Repeats; i++) Assert.Equal(expected, Product());
            device.Upload(changed.AsSpan(), right.Range);
            for (int i = 0; i < Repeats; i++) Assert.Equal(afterwards, Product());
            device.Upload(b.AsSpan(), right.Range);
        }

        float[] Product()
        {
            device.Fill(result.Range, float.NaN);
            device.Gemm(shape, left.Range, right.Range, result.Range, 0, row.Range, Activation.Relu);
            var values = new float[m * n];
            result.CopyTo(values);
            return values;
        }
    }

    [Fact]
    public void PartsOfAStorageAndBothWaysToReadItDoNotMixUp()
    {
        using var device = new CpuDevice(2);
        using var other = new CpuDevice(1);
        const int Rows = 64, Size = 48;
        float[] a = Draw("a", Rows * Size), b = Draw("b", 2 * Size * Size), bias = new float[Size];
        using Tensor left = Tensor.From(device, a, [Rows * Size]), right = Tensor.From(device, b, [2 * Size * Size]), result = Tensor.Zeros(device, [Rows * Size]);
        for (int i = 0; i < Repeats; i++)
        {
            foreach (bool transposed in new[] { true, false })
            {
                foreach (int offset in new[] { 0, Size * Size })
                {
                    for (int twice = 0; twice < (i < Repeats / 2 ? 1 : Repeats); twice++)
                    {
                        GemmShape shape = GemmShape.Of(Rows, Size, Size, transposeB: transposed);
                        device.Gemm(shape, left.Range, right.Range.Slice(offset, Size * Size), result.Range);
                        var values = new float[Rows * Size];
                        result.CopyTo(values);
                        Assert.Equal(Fresh(other, shape, a, b[offset..(offset + (Size * Size))], bias, Activation.None), values);
                    }
                }
            }
        }
    }

    [Fact]
    public void AccumulatingProductsKeepTheirBits()
    {
        using var device = new CpuDevice(2);
        GemmShape shape = GemmShape.Of(40, 48, 30, transposeB: true);
        using Tensor a = Tensor.From(device, Draw("a", 40 * 30), [40 * 30]), b = Tensor.From(device, Draw("b", 48 * 30), [48 * 30]), copy = Tensor.From(device, Draw("b", 48 * 30), [48 * 30]);
        using Tensor kept = Tensor.Zeros(device, [40 * 48]), fresh = Tensor.Zeros(device, [40 * 48]);
        for (int i = 0; i < 2 * Repeats; i++)
        {
            device.Upload(Draw("b", 48 * 30).AsSpan(), copy.Range);
            device.Gemm(shape, a.Range, b.Range, kept.Range, 0.5f);
            device.Gemm(shape, a.Range, copy.Range, fresh.Range, 0.5f);
            Assert.Equal(Values(fresh), Values(kept));
        }
        Assert.True(Kept(b).Bytes > 0);
        Assert.Equal(0, Kept(copy).Bytes);
    }

    [Fact]
    public void TheDeviceKeepsPanelsWhileTheContentRestsAndGivesThemBack()
    {
        using var device = new CpuDevice(2);
        GemmShape shape = GemmShape.Of(30, 64, 20, transposeB: true);
        using Tensor a = Tensor.Zeros(device, [30 * 20]), c = Tensor.Zeros(device, [30 * 64]);
        Tensor b = Tensor.Zeros(device, [64 * 20]);
        PackedOperand kept = Kept(b);
        for (int i = 0; i < PackedOperand.Patience; i++) Multiply();
        Assert.Equal(0, kept.Bytes);
        Multiply();
        Assert.Equal(64 * 20 * sizeof(float), kept.Bytes);
        device.Fill(b.Range.Slice(5, 1), 1);
        Multiply();
        Assert.Equal(0, kept.Bytes);
        for (int i = 0; i < PackedOperand.Patience; i++) Multiply();
        Assert.Equal(64 * 20 * sizeof(float), kept.Bytes);
        b.Dispose();
        Assert.Equal(0, kept.Bytes);

        void Multiply() => device.Gemm(shape, a.Range, b.Range, c.Range);
    }

    [Fact]
    public void PanelsCountAsPackedWhenTheProductIsDone()
    {
        var packed = new PackedOperand();
        GemmShape forward = GemmShape.Of(8, 16, 4, transposeB: true), backward = GemmShape.Of(8, 4, 16);
        for (int i = 0; i < PackedOperand.Patience; i++)
        {
            Assert.Equal((true, false), Look(forward, 1));
            Assert.Equal((true, false), Look(backward, 1));
        }
        Assert.Equal((false, false), Look(forward, 1));          // room, to be packed
        Assert.Equal((false, false), Look(forward, 1));          // the product before failed
        packed.Done(forward);
        Assert.Equal((false, true), Look(forward, 1));
        Assert.Equal((false, false), Look(backward, 1));
        packed.Done(backward);
        Assert.Equal(2 * 64 * sizeof(float), packed.Bytes);
        Assert.Equal((true, false), Look(forward, 2));           // written: both are given up
        Assert.Equal(0, packed.Bytes);
        for (int i = 1; i < PackedOperand.Patience; i++) Assert.Equal((true, false), Look(forward, 2));
        Assert.Equal((true, false), Look(forward with { N = 17 }, 2));
        Assert.Equal((true, false), Look(forward, 2));           // counted from the beginning

        (bool IsNull, bool IsPacked) Look(GemmShape shape, int version)
        {
            float* panels = packed.Room((float*)64, version, shape, 64, out bool isPacked);
            return (panels == null, isPacked);
        }
    }

    private static PackedOperand Kept(Tensor tensor) => ((CpuStorage)tensor.Range.Storage).Packed;

    private static float[] Values(Tensor tensor)
    {
        var values = new float[tensor.Shape.Count];
        tensor.CopyTo(values);
        return values;
    }

    private static float[] Fresh(CpuDevice device, GemmShape shape, float[] a, float[] b, float[] bias, Activation activation = Activation.Relu)
    {
        using Tensor left = Tensor.From(device, a, [a.Length]), right = Tensor.From(device, b, [b.Length]), row = Tensor.From(device, bias, [bias.Length]), result = Tensor.Zeros(device, [shape.M * shape.N]);
        device.Gemm(shape, left.Range, right.Range, result.Range, 0, row.Range, activation);
        var values = new float[shape.M * shape.N];
        result.CopyTo(values);
        return values;
    }

    private static float[] Draw(string name, int count)
    {
        var random = new RandomStream(3, name);
        return [.. Enumerable.Range(0, count).Select(_ => (float)random.NextDouble() - 0.5f)];
    }
}
