using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Axes exchanged on the CPU, in sizes around its tiles of sixteen: whole tiles are turned in registers, others by way of a buffer.</summary>
[EverySimdLevel]
public sealed class TransposeTests
{
    [Theory]
    [InlineData(1, 16, 16)]
    [InlineData(1, 32, 48)]
    [InlineData(1, 40, 33)]
    [InlineData(1, 15, 64)]
    [InlineData(3, 16, 31)]
    [InlineData(3, 64, 16)]
    public void EveryElementIsWhereItBelongs(int outer, int rows, int columns)
    {
        using var device = new CpuDevice(2);
        using var scope = new Scope();
        float[] values = [.. Enumerable.Range(0, outer * rows * columns).Select(i => (float)i)];
        Tensor x = Tensor.From(device, values, [outer, rows, columns]).AsLeaf(), y = x.Permute(0, 2, 1);
        var expected = new float[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            (int batch, int rest) = Math.DivRem(i, rows * columns);
            (int row, int column) = Math.DivRem(rest, columns);
            expected[(((batch * columns) + column) * rows) + row] = values[i];
        }
        Assert.Equal(expected, y.ToArray());

        // Twice, so that the second gradient is added to the first, which a whole tile then may not overwrite.
        foreach (int times in (int[])[1, 2])
        {
            x.Permute(0, 2, 1).Backward(y, ParameterSink.Instance);
            Assert.Equal(values.Select(value => times * value), x.Grad!.ToArray());
        }
    }
}
