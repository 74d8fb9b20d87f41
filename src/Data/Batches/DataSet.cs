using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Data;

/// <summary>One part of a data set with the device its batches go to.</summary>
public sealed class DataSet
{
    private readonly ulong seed;
    private readonly bool shuffle;
    private readonly int[] sampleShape;

    internal DataSet(HostDataSet host, Device device, ulong seed, bool shuffle, Augmentation? augmentation = null)
    {
        Host = host;
        Device = device;
        this.seed = seed;
        this.shuffle = shuffle;
        Augmentation = augmentation;
        // Images are NHWC: grey ones have one channel.
        sampleShape = host.SampleShape.Length == 2 ? [.. host.SampleShape, 1] : host.SampleShape;
        if (augmentation is not null && host.IsTokens) throw new ShapeException($"Augmentation: needs images (height, width, channels), found token ids in {host.Name}.");
        augmentation?.Check(SampleShape);
    }

    /// <summary>The samples in host memory.</summary>
    public HostDataSet Host { get; }

    /// <summary>Where batches go.</summary>
    public Device Device { get; }

    /// <summary>What changes its samples at random; null: nothing.</summary>
    public Augmentation? Augmentation { get; }

    /// <summary>The number of samples.</summary>
    public int Count => Host.Count;

    /// <summary>The number of classes.</summary>
    public int ClassCount => Host.ClassCount;

    /// <summary>How many outputs a model of these data needs: one a class, or one a number to predict.</summary>
    public int OutputCount => Host.OutputCount;

    /// <summary>The shape of one sample: (height, width, channels) or (features); (length), the most of a sample, of token ids.</summary>
    public Shape SampleShape => new(sampleShape);

    /// <summary>
    /// The batches of an epoch, made on another thread while the last one is used. A batch's tensors are the loop's: they are valid until the next batch is asked for. The order depends on
    /// (seed, epoch) alone; validation and test come in their own order. Token ids come in batches of about one length, each as long as its longest sample.
    /// </summary>
    /// <param name="batchSize">Samples a batch; the last one may have fewer, and a last sample that would be alone joins the batch before: see <see cref="BatchOptions.KeepLone"/>.</param>
    /// <param name="epoch">Which pass this is. The same one again has the same order and the same augmentation, so it has no default.</param>
    /// <param name="startBatch">Where to begin.</param>
    /// <param name="skip">Whether a batch's values are not read, since a forward cache has what they would give; where they are wanted after all, they are read then. Null: all are read. Asked by another thread.</param>
    public IEnumerable<Batch> Batches(int batchSize, int epoch, int startBatch = 0, HasSamples? skip = null) => Batches(batchSize, epoch, null, startBatch, skip);

    /// <summary>The same, of which only some parts are read, each as a batch; those without samples are not there.</summary>
    /// <param name="batchSize">Samples of a whole batch.</param>
    /// <param name="epoch">Which pass this is.</param>
    /// <param name="cut">The parts; null: batches are whole.</param>
    /// <param name="startBatch">Where to begin.</param>
    /// <param name="skip">Whether a batch's values are not read; null: all are read.</param>
    public IEnumerable<Batch> Batches(int batchSize, int epoch, BatchCut? cut, int startBatch = 0, HasSamples? skip = null)
    {
        // Checked here, not at the first batch.
        var reader = new BatchReader(Host, Options(batchSize) with { Skip = skip, Cut = cut });
        return Upload(reader, reader.Read(epoch, startBatch));
    }

    /// <summary>The part of the tokens of an epoch's batches that is padding; 0 where samples are values.</summary>
    /// <param name="batchSize">Samples a batch.</param>
    /// <param name="epoch">Which pass: each has other batches.</param>
    public double PaddingShare(int batchSize, int epoch)
    {
        using var reader = new BatchReader(Host, Options(batchSize));
        return reader.PaddingShare(epoch);
    }

    /// <summary>How many tokens an epoch's batches are long.</summary>
    internal int[] BatchLengths(int batchSize, int epoch)
    {
        using var reader = new BatchReader(Host, Options(batchSize));
        return reader.BatchLengths(epoch);
    }

    /// <summary>How many labels an epoch's batches have, where they are of tokens.</summary>
    internal int[] LabelCounts(int batchSize, int epoch, BatchCut? cut = null)
    {
        using var reader = new BatchReader(Host, Options(batchSize) with { Cut = cut });
        return reader.LabelCounts(epoch);
    }

    /// <summary>The same samples for measurements that need no order: of token ids, from the longest to the shortest, so that next to nothing is padding.</summary>
    internal DataSet ByLength() => Host.IsTokens ? new DataSet(Host.ByLength(), Device, seed, shuffle: false) : this;

    /// <summary>All samples as they are, in the set's order, for measurements.</summary>
    internal IEnumerable<Batch> Plain(int batchSize, HasSamples? skip = null)
    {
        var reader = new BatchReader(Host, new BatchOptions { BatchSize = batchSize, Shuffle = false, KeepLone = true, Skip = skip });
        return Upload(reader, reader.Read(0));
    }

    /// <summary>How many batches an epoch has.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive.</exception>
    public int BatchCount(int batchSize) => BatchReader.CountOf(Count, Options(batchSize));

    /// <summary>The first samples as they are, in the set's order and without augmentation, on tensors that are the caller's: a batch of <see cref="Batches(int, int, int, HasSamples?)"/> is valid until the next one.</summary>
    /// <param name="samples">How many; all where there are fewer.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is not positive.</exception>
    public Batch First(int samples)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        using var reader = new BatchReader(Host, new BatchOptions { BatchSize = Math.Min(samples, Count), Shuffle = false });
        return Upload(reader.Read(0).First(), reader);
    }

    private BatchOptions Options(int batchSize) => new() { BatchSize = batchSize, Seed = seed, Shuffle = shuffle, Augmentation = Augmentation };

    private IEnumerable<Batch> Upload(BatchReader reader, IEnumerable<HostBatch> batches)
    {
        using (reader)
        {
            foreach (HostBatch host in batches)
            {
                Batch batch = Upload(host, reader);
                try
                {
                    yield return batch;
                }
                finally
                {
                    foreach (TensorBase tensor in batch.Tensors) tensor.Dispose();
                }
            }
        }
    }

    private Batch Upload(HostBatch host, BatchReader reader)
    {
        using CostScope booking = Device.Counters.For(CostKind.Other);
        IntTensor labels = IntTensor.From(Device, host.Labels);
        int[] ids = host.SampleIds.ToArray();
        Batch batch = Host.IsTokens
            ? Batch.OfTokens(Tokens(host.Tokens), IntTensor.From(Device, host.Lengths), labels, ids)
            : host.IsDeferred
                ? Batch.Deferred(Decoded, labels, ids, host.AugmentationKey)
                : new Batch(Tensor.From(Device, host.Inputs, new Shape([host.Count, .. sampleShape])), labels, ids, host.AugmentationKey);
        batch = batch with
        {
            Targets = Host.TargetCount == 0 ? null : Tensor.From(Device, host.Targets, new Shape([host.Count, Host.TargetCount])),
            Segments = Host.HasSegments ? Tokens(host.Segments) : null,
            TokenLabels = Host.TokenClassCount > 0 ? Tokens(host.TokenLabels) : null,
        };
        foreach (TensorBase tensor in batch.Tensors) tensor.Detach();
        return batch;

        Tensor Decoded()
        {
            using CostScope booking = Device.Counters.For(CostKind.Other);
            return (Tensor)Tensor.From(Device, reader.Decode(host).Inputs, new Shape([host.Count, .. sampleShape])).Detach();
        }

        IntTensor Tokens(ReadOnlySpan<int> values) => IntTensor.From(Device, values, [host.Count, host.Length]);
    }
}

/// <summary>A data set in its three parts, on a device.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Train">What is learnt from, in a seeded order.</param>
/// <param name="Validation">What decisions are based on.</param>
/// <param name="Test">What the result is measured on, once, at the end.</param>
public sealed record DataSets(string Name, DataSet Train, DataSet Validation, DataSet Test)
{
    /// <summary>The three parts of a host data set.</summary>
    /// <param name="splits">The data.</param>
    /// <param name="device">Where batches go.</param>
    /// <param name="seed">Keys the training order and the augmentation.</param>
    /// <param name="augmentation">Changes training images at random; validation and test are never changed.</param>
    /// <exception cref="ShapeException">The samples are not what the augmentation takes.</exception>
    public static DataSets On(DataSplits splits, Device device, ulong seed, Augmentation? augmentation = null)
    {
        ArgumentNullException.ThrowIfNull(splits);
        ArgumentNullException.ThrowIfNull(device);
        return new DataSets(
            splits.Name, new DataSet(splits.Train, device, seed, true, augmentation), new DataSet(splits.Validation, device, seed, false), new DataSet(splits.Test, device, seed, false));
    }
}
