using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Training;

public sealed class DataSetTests : IDisposable
{
    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Case25_The_epoch_has_no_default_and_decides_the_order()
    {
        Assert.All(typeof(DataSet).GetMethods().Where(method => method.Name == nameof(DataSet.Batches)), method => Assert.False(method.GetParameters().Single(parameter => parameter.Name == "epoch").HasDefaultValue));
        DataSet train = Set(40).Train;
        Assert.Equal(Ids(train, 7, 1), Ids(train, 7, 1));
        Assert.NotEqual(Ids(train, 7, 1), Ids(train, 7, 2));
    }

    [Theory]
    [InlineData(420, 419, new[] { 420 })]
    [InlineData(9, 4, new[] { 4, 5 })]
    [InlineData(10, 4, new[] { 4, 4, 2 })]
    [InlineData(3, 1, new[] { 1, 1, 1 })]
    [InlineData(1, 5, new[] { 1 })]
    public void Case28_A_last_sample_alone_joins_the_batch_before(int samples, int batchSize, int[] expected)
    {
        DataSet train = Set(samples).Train;
        Assert.Equal(expected, train.Batches(batchSize, 1).Select(batch => batch.Count));
        Assert.Equal(expected.Length, train.BatchCount(batchSize));
        Assert.Equal(Enumerable.Range(0, samples), Ids(train, batchSize, 1).Order());
        Assert.Equal(expected[^1..], train.Batches(batchSize, 1, expected.Length - 1).Select(batch => batch.Count));
    }

    [Fact]
    public void The_first_samples_outlive_the_batches()
    {
        DataSet train = Set(40).Train;
        Batch first = train.First(3), all = train.First(99);
        Assert.Equal([0, 1, 2], first.SampleIds.ToArray());
        Assert.Equal(40, all.Count);
        foreach (Batch batch in train.Batches(7, 1)) Assert.Equal(3, first.Labels.Shape[0]);
        foreach (TensorBase tensor in first.Tensors.Concat(all.Tensors)) tensor.Dispose();
        Assert.Throws<ArgumentOutOfRangeException>(() => train.First(0));
    }

    [Fact]
    public void Case28_A_batch_norm_trains_whole_epochs()
    {
        DataSets data = Set(420);
        using var model = new Sequential(("fc", new Linear(2, 4)), ("norm", new BatchNorm(4)), ("head", new Linear(4, 2)));
        model.Initialize(device, 1);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        foreach (Batch batch in Enumerable.Range(1, 2).SelectMany(epoch => data.Train.Batches(419, epoch)))
        {
            using var scope = new Scope();
            Loss.CrossEntropy(model.Forward(batch.Inputs), batch.Labels).Backward();
            optimizer.Step();
            model.ClearGradients();
        }
        Assert.Equal(2, optimizer.StepCount);
        // An evaluation's batches may have any size: 257 samples are 256 and one.
        Assert.InRange(ResearchFreeze.Training.Metrics.Evaluate(model, Set(257).Test).Loss, 0, 10);
    }

    [Fact]
    public void It_stays_where_that_is_asked_for_and_is_dropped_with_every_short_batch()
    {
        HostDataSet host = Set(9).Train.Host;
        using var kept = new BatchReader(host, new BatchOptions { BatchSize = 4, KeepLone = true });
        using var dropped = new BatchReader(host, new BatchOptions { BatchSize = 4, DropLast = true });
        Assert.Equal([4, 4, 1], kept.Read(1).Select(batch => batch.Count));
        Assert.Equal([4, 4], dropped.Read(1).Select(batch => batch.Count));
    }

    [Fact]
    public void A_batch_size_that_is_none_is_named()
    {
        DataSet train = Set(9).Train;
        foreach (int size in (int[])[0, -1])
        {
            Assert.Contains($"The batch size must be positive, found {size}.", Assert.Throws<ArgumentOutOfRangeException>(() => train.BatchCount(size)).Message);
            Assert.Throws<ArgumentOutOfRangeException>(() => train.Batches(size, 1));
        }
    }

    [Fact]
    public void Samples_whose_batch_would_have_too_many_axes_are_refused()
    {
        var error = Assert.Throws<DataFormatException>(() => HostDataSet.FromArrays([1], [1, 1, 1, 1, 1, 1], [0], 1));
        Assert.Equal("arrays: expected a sample shape of at most 5 axes, found 6.", error.Message);
    }

    private static int[] Ids(DataSet set, int batchSize, int epoch) => [.. set.Batches(batchSize, epoch).SelectMany(batch => batch.SampleIds.ToArray())];

    private DataSets Set(int samples)
    {
        float[] values = [.. Enumerable.Range(0, 2 * samples).Select(i => i % 7 / 3f)];
        var host = HostDataSet.FromArrays(values, [2], [.. Enumerable.Range(0, samples).Select(i => i % 2)], 2);
        return DataSets.On(new DataSplits("points", host, host, host), device, 1);
    }
}
