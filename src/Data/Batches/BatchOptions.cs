namespace ResearchFreeze.Data;

/// <summary>How a <see cref="BatchReader"/> reads.</summary>
public sealed record BatchOptions
{
    /// <summary>How many samples a batch has; the last one of an epoch may have fewer, or one more: see <see cref="KeepLone"/>.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Keys the order and the augmentation, with the epoch; see <see cref="SampleOrder"/>.</summary>
    public ulong Seed { get; init; }

    /// <summary>False visits samples in the order of their ids: for evaluation.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Leaves out a last batch that is not full.</summary>
    public bool DropLast { get; init; }

    /// <summary>
    /// Leaves a last sample that is alone in its batch there. By default it joins the batch before: a batch norm over features has no variance of one sample, and training would fail at the end of its first epoch.
    /// Evaluation has no such need.
    /// </summary>
    public bool KeepLone { get; init; }

    /// <summary>Which parts of each batch are read, one by one, in place of the whole; null: the whole. The order, and what is a batch, stay as they are.</summary>
    public BatchCut? Cut { get; init; }

    /// <summary>Labels and ids only: inputs are neither decoded nor held. For a forward cache that has what the images would give.</summary>
    public bool IdsOnly { get; init; }

    /// <summary>
    /// Asked of each batch, by whichever thread reads, whether its values are left out: a forward cache has what they would give. Such a batch is <see cref="HostBatch.IsDeferred"/>, nothing of it is decoded or augmented, and
    /// <see cref="BatchReader.Decode"/> makes up for it. Null: none is. Token ids are always there.
    /// </summary>
    public HasSamples? Skip { get; init; }

    /// <summary>Makes the next batch on another thread while this one is used. Changes no value.</summary>
    public bool Prefetch { get; init; } = true;

    /// <summary>Changes each image at random after it is normalised, keyed by (seed, epoch, sample id) alone; null: none. Not done when there are ids only.</summary>
    public Augmentation? Augmentation { get; init; }

    /// <summary>
    /// Changes a batch's inputs in place after they are decoded and augmented, on whichever thread reads. To keep runs repeatable it must depend
    /// on nothing but the batch (ids, epoch, index). Not called when there are ids only.
    /// </summary>
    public Action<HostBatch>? Transform { get; init; }
}
