using ResearchFreeze.Autograd;
using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Data;

/// <summary>Inputs and targets of any shape in batches, and cross-validation.</summary>
public sealed class TensorDataTests
{
    [Fact]
    public void EachSampleComesOnceAnEpochWithItsTarget()
    {
        using var device = new CpuDevice();
        var data = new TensorData(device, [.. Enumerable.Range(0, 14).Select(i => (float)i)], [2], [.. Enumerable.Range(0, 7).Select(i => 10f * i)], [1, 1], seed: 3);
        var orders = new List<int[]>();
        foreach (int epoch in (int[])[1, 1, 2])
        {
            var seen = new List<int>();
            foreach (TensorBatch batch in data.Batches(3, epoch))
            {
                int[] ids = batch.SampleIds.ToArray();
                Assert.Equal(new Shape(ids.Length, 2), batch.Inputs.Shape);
                Assert.Equal(new Shape(ids.Length, 1, 1), batch.Targets.Shape);
                Assert.Equal(ids.SelectMany(id => new[] { 2f * id, (2 * id) + 1 }), batch.Inputs.ToArray());
                Assert.Equal(ids.Select(id => 10f * id), batch.Targets.ToArray());
                seen.AddRange(ids);
            }
            Assert.Equal(Enumerable.Range(0, 7), seen.Order());
            orders.Add([.. seen]);
        }
        Assert.Equal(orders[0], orders[1]);
        Assert.NotEqual(orders[0], orders[2]);
        Assert.Equal(0, device.Counters.LiveBytes);
        using var scope = new Scope();
        Assert.Equal([50f, 0], data.Take(5, 0).Targets.ToArray());
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        using var device = new CpuDevice();
        Assert.Contains("samples of shape (2), at least one", Assert.Throws<DataFormatException>(() => new TensorData(device, [1, 2, 3], [2], [1], [1], 0)).Message, StringComparison.Ordinal);
        Assert.Contains("2 values (2 of shape (1))", Assert.Throws<DataFormatException>(() => new TensorData(device, [1, 2, 3, 4], [2], [1], [1], 0)).Message, StringComparison.Ordinal);
        Assert.Contains("NaN at sample 1, value 0", Assert.Throws<DataFormatException>(() => new TensorData(device, [1, 2, float.NaN, 4], [2], [1, 2], [1], 0)).Message, StringComparison.Ordinal);
        var data = new TensorData(device, [1, 2], [1], [1, 2], [1], 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Batches(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Take(2));
    }

    [Fact]
    public void EachSampleIsValidatedOnOnce()
    {
        IReadOnlyList<(int[] Train, int[] Validation)> folds = Folds.Of(11, 3, 5);
        Assert.Equal(Enumerable.Range(0, 11), folds.SelectMany(fold => fold.Validation).Order());
        foreach ((int[] train, int[] validation) in folds)
        {
            Assert.InRange(validation.Length, 3, 4);
            Assert.Equal(Enumerable.Range(0, 11), train.Concat(validation).Order());
        }
        Assert.Equal(folds.SelectMany(fold => fold.Validation), Folds.Of(11, 3, 5).SelectMany(fold => fold.Validation));
        Assert.NotEqual(folds.SelectMany(fold => fold.Validation), Folds.Of(11, 3, 6).SelectMany(fold => fold.Validation));
        HostDataSet data = HostDataSet.FromArrays([1, 2, 3, 4], [1], [0, 1, 0, 1], 2);
        Assert.Equal([2, 2], Folds.Of(data, 2, 1).Select(fold => fold.Validation.Count));
        Assert.Throws<ArgumentOutOfRangeException>(() => Folds.Of(11, 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Folds.Of(2, 3, 0));
    }
}
