using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Autograd;

public sealed class IntTensorTests
{
    [Theory]
    [InlineData("cross entropy: label 7 at position 2 is not in [0, 3).", new[] { 0, 2, 7, 8 })]
    [InlineData("cross entropy: label -1 at position 1 is not in [0, 3).", new[] { 0, -1, 1, 2 })]
    [InlineData("cross entropy: label -1 at position 3 is not in [0, 3).", new[] { -100, -100, 1, -1 })]
    [InlineData("cross entropy: label 3 at position 0 is not in [0, 3).", new[] { 3, -100, 3, 3 })]
    [InlineData("cross entropy: label -101 at position 0 is not in [0, 3).", new[] { -101, -100, 0, 1 })]
    public void Case14_ALabelThatIsNoClassIsNamed(string message, int[] labels) => TestDevices.Each(device =>
    {
        using var scope = new Scope();
        Tensor logits = Tensor.Zeros(device, [4, 3]);
        IntTensor ids = IntTensor.From(device, labels);
        long bytes = device.Counters.LiveBytes;
        Assert.Equal(message, Assert.Throws<ArgumentOutOfRangeException>(() => logits.CrossEntropy(ids)).Message);
        Assert.Equal((0, bytes), (device.Counters.Calls(Primitive.CrossEntropy), device.Counters.LiveBytes));
    });

    [Fact]
    public void Case14_TheLabelThatCountsNothingIsFine() => TestDevices.Each(device =>
    {
        using var scope = new Scope();
        Tensor logits = Tensor.Zeros(device, [3, 3]);
        double expected = Math.Log(3);
        Assert.Equal(expected, logits.CrossEntropy(IntTensor.From(device, [-100, 2, 0])).Item(), 1e-6);
        Assert.Equal(expected, logits.CrossEntropy(IntTensor.From(device, [255, 2, 255]), ignoreIndex: 255).Item(), 1e-6);
        Assert.Equal(expected, logits.CrossEntropy(IntTensor.From(device, [1, 1, 1]), ignoreIndex: 0).Item(), 1e-6);
        Assert.True(double.IsNaN(logits.CrossEntropy(IntTensor.From(device, [-100, -100, -100])).Item()));   // the mean over nothing, as in PyTorch
        Assert.Throws<ArgumentOutOfRangeException>(() => logits.CrossEntropy(IntTensor.From(device, [255, 2, -100]), ignoreIndex: 255));
        Assert.Throws<ArgumentOutOfRangeException>(() => logits.CrossEntropy(IntTensor.From(device, [255, 256, 0]), ignoreIndex: 255));
    });

    [Fact]
    public void Case14_AnIdOutsideTheTableIsNamed() => TestDevices.Each(device =>
    {
        using var table = new Embedding(5, 2);
        table.Initialize(device, 1);
        using var scope = new Scope();
        Assert.Equal("embedding: id 5 at position (1, 0) is not in [0, 5).", Refused([[0, 4, 1], [5, 0, 6]]));
        Assert.Equal("embedding: id -100 at position (0, 2) is not in [0, 5).", Refused([[0, 4, -100], [1, 0, 2]]));
        Assert.Equal([2, 3, 2], table.Forward(IntTensor.From(device, [0, 1, 2, 3, 4, 0], [2, 3])).Shape.ToArray());

        string Refused(int[][] ids) =>
            Assert.Throws<ArgumentOutOfRangeException>(() => table.Forward(IntTensor.From(device, [.. ids.SelectMany(row => row)], [ids.Length, ids[0].Length]))).Message;
    });

    [Fact]
    public void ExtremesAreThoseOfAllValues()
    {
        using var device = new ReferenceDevice();
        var random = new RandomStream(3, "ids");
        for (int i = 0; i < 300; i++)
        {
            using var scope = new Scope();
            int bound = 1 + random.NextInt32(6), ignored = random.NextInt32(9) - 2;
            int[] values = new int[random.NextInt32(6)];
            for (int j = 0; j < values.Length; j++) values[j] = random.NextInt32(9) - 2;
            bool fits = values.All(value => value == ignored || (value >= 0 && value < bound));
            Assert.Equal(fits, Record.Exception(() => IntTensor.From(device, values).CheckBelow(bound, "test", "value", ignored)) is null);
        }
    }

    [Fact]
    public void WhatWasWrittenOnTheDeviceIsNotKnown() => TestDevices.Each(device =>
    {
        using var scope = new Scope();
        IntTensor ids = IntTensor.From(device, [9]);
        device.Upload([0], ids.Range);
        ids.CheckBelow(1, "test", "id");
    });

    [Fact]
    public void Case14_AMetricIsNotGivenALabelWithoutAColumn()
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        Tensor logits = Tensor.Zeros(device, [2, 3]);
        IntTensor labels = IntTensor.From(device, [0, 3]);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new MetricBatch(logits, labels, new double[6], [0, 3]));
        Assert.StartsWith("Metric: label 3 of sample 1 in the batch is not in [0, 3).", error.Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => new MetricBatch(logits, labels, new double[5], [0, 1]));
        Assert.Throws<ShapeException>(() => new MetricBatch(logits, labels, [], []));
    }
}
