using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>
/// Reads a set in batches, epoch after epoch, into two buffers that it uses again and again. What it yields depends on the set, the options,
/// the epoch and the batch's index, and on nothing else: not on prefetching, nor on where reading began. A position to resume at is therefore
/// two numbers. Where samples are token ids and are shuffled, those in a batch are of about one length, and a batch is as long as its longest.
/// </summary>
public sealed class BatchReader : IDisposable
{
    private readonly HostBatch[] buffers;
    private readonly int[] order;
    private readonly BatchCut cut;
    private readonly Augmenter? augmenter;
    private BatchPrefetcher? prefetcher;
    private int pass;
    private bool disposed;

    /// <summary>Allocates the buffers; reads nothing yet.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive, or too large for a buffer.</exception>
    /// <exception cref="ArgumentException">No batch would be left.</exception>
    /// <exception cref="ShapeException">The samples are not what the augmentation takes.</exception>
    public BatchReader(HostDataSet data, BatchOptions options)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        int size = options.BatchSize;
        (Data, Options, BatchCount) = (data, options, CountOf(data.Count, options));
        if (options.DropLast && size > data.Count)
        {
            throw new ArgumentException(
                $"{data.Name}: {data.Count} samples make no full batch of {size}, and the last batch is to be dropped.", nameof(options));
        }
        cut = options.Cut ?? new BatchCut(1, 0, 1);
        int capacity = Math.Max(LengthOf(0), LengthOf(BatchCount - 1));
        if (cut.Count > 0) capacity = Enumerable.Range(cut.First, cut.Count).Max(part => cut.CountOf(capacity, part));
        int sampleSize = options.IdsOnly ? 0 : data.SampleSize;
        if ((long)capacity * sampleSize > Array.MaxLength)
        {
            throw new ArgumentOutOfRangeException(nameof(options), $"A batch of {size} samples of {sampleSize} values does not fit one buffer.");
        }
        augmenter = options.Augmentation is { } augmentation ? new Augmenter(augmentation, data, sampleSize) : null;
        buffers = [new HostBatch(capacity, data, sampleSize), new HostBatch(capacity, data, sampleSize)];
        order = new int[data.Count];
    }

    /// <summary>The set.</summary>
    public HostDataSet Data { get; }

    /// <summary>How it is read.</summary>
    public BatchOptions Options { get; }

    /// <summary>How many batches an epoch has.</summary>
    public int BatchCount { get; }

    /// <summary>How many batches so many samples make.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive.</exception>
    internal static int CountOf(int samples, BatchOptions options)
    {
        int size = options.BatchSize;
        if (size <= 0) throw new ArgumentOutOfRangeException(nameof(options), $"The batch size must be positive, found {size}.");
        (int full, int rest) = Math.DivRem(samples, size);
        bool joins = rest == 1 && full > 0 && !options.KeepLone;
        return full + (rest == 0 || joins || options.DropLast ? 0 : 1);
    }

    /// <summary>
    /// The batches of an epoch, from <paramref name="startBatch"/> on. Leaving the loop early stops the thread. Only one epoch is read at a
    /// time: beginning another ends the one before.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The epoch is negative, or the epoch has no such batch.</exception>
    public IEnumerable<HostBatch> Read(int epoch, int startBatch = 0)
    {
        // Checked here, not in the iterator, whose body runs only when the first batch is asked for.
        ObjectDisposedException.ThrowIf(disposed, this);
        if (epoch < 0) throw new ArgumentOutOfRangeException(nameof(epoch), $"An epoch is 0 or more, found {epoch}.");
        if (startBatch < 0 || startBatch > BatchCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(startBatch), $"An epoch has {BatchCount} batches, so reading starts in [0, {BatchCount}], found {startBatch}.");
        }
        return Batches(epoch, startBatch);
    }

    /// <summary>The same batch with the values that were left out, in buffers of its own. While it is the one that was yielded last.</summary>
    public HostBatch Decode(HostBatch deferred)
    {
        ArgumentNullException.ThrowIfNull(deferred);
        var batch = new HostBatch(deferred.Count, Data, Data.SampleSize);
        // The reader's own may be augmenting the next batch.
        Augmenter? own = Options.Augmentation is { } augmentation ? new Augmenter(augmentation, Data, Data.SampleSize) : null;
        own?.Begin(Options.Seed, deferred.Epoch);
        batch.Fill(Data, SamplesOf(deferred.Index), new BatchPlace(deferred.Epoch, deferred.Index, deferred.Part, deferred.Start, deferred.Count), own);
        Options.Transform?.Invoke(batch);
        return batch;
    }

    /// <summary>Stops reading, also in the middle of an epoch.</summary>
    public void Dispose()
    {
        disposed = true;
        StopPrefetching();
    }

    private IEnumerable<HostBatch> Batches(int epoch, int startBatch)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        // The order and the buffers are about to be overwritten: nobody else may be using them.
        StopPrefetching();
        int current = ++pass;
        FillOrder(epoch);
        augmenter?.Begin(Options.Seed, epoch);
        BatchPlace[] places = [.. Places(epoch, startBatch)];
        if (Options.Prefetch && places.Length > 0) prefetcher = new BatchPrefetcher(buffers, 0, places.Length, (index, batch) => FillBatch(batch, places[index]));
        try
        {
            for (int index = 0; index < places.Length; index++)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                if (current != pass) throw new InvalidOperationException($"Reading of epoch {epoch} ended when another epoch was begun.");
                if (prefetcher is not null)
                {
                    yield return prefetcher.Next(index);
                    continue;
                }
                HostBatch batch = buffers[index % buffers.Length];
                FillBatch(batch, places[index]);
                yield return batch;
            }
        }
        finally
        {
            if (current == pass) StopPrefetching();
        }
    }

    private void FillOrder(int epoch)
    {
        if (Options.Shuffle)
        {
            SampleOrder.Fill(order, Options.Seed, epoch);
            if (Data.IsTokens) LengthBuckets.Arrange(order, Data, Options.BatchSize, FullBatches, Options.Seed, epoch);
            return;
        }
        for (int i = 0; i < order.Length; i++) order[i] = i;
    }

    private void FillBatch(HostBatch batch, in BatchPlace place)
    {
        batch.Fill(Data, SamplesOf(place.Index), place, augmenter, Options.IdsOnly ? null : Options.Skip);
        if (!Options.IdsOnly && !batch.IsDeferred) Options.Transform?.Invoke(batch);
    }

    private ReadOnlySpan<int> SamplesOf(int index) => order.AsSpan(index * Options.BatchSize, LengthOf(index));

    /// <summary>What is read of an epoch: parts without samples are not.</summary>
    private IEnumerable<BatchPlace> Places(int epoch, int startBatch)
    {
        for (int index = startBatch; index < BatchCount; index++)
        {
            int samples = LengthOf(index);
            for (int part = cut.First; part < cut.End; part++)
            {
                if (cut.CountOf(samples, part) is > 0 and int count) yield return new BatchPlace(epoch, index, part, cut.StartOf(samples, part), count);
            }
        }
    }

    /// <summary>How long an epoch's batches are: each as its longest sample. Nothing is decoded.</summary>
    internal int[] BatchLengths(int epoch)
    {
        StopPrefetching();
        FillOrder(epoch);
        return [.. Enumerable.Range(0, BatchCount).Select(batch => order.Skip(batch * Options.BatchSize).Take(LengthOf(batch)).Max(Data.LengthOf))];
    }

    /// <summary>How many labels an epoch's batches have, or each of their parts where they are cut, all of them, where they are of tokens. Nothing is decoded.</summary>
    internal int[] LabelCounts(int epoch)
    {
        StopPrefetching();
        FillOrder(epoch);
        var counts = new int[BatchCount * cut.Parts];
        for (int i = 0; i < counts.Length; i++)
        {
            (int batch, int part) = (i / cut.Parts, i % cut.Parts);
            int samples = LengthOf(batch);
            foreach (int index in SamplesOf(batch).Slice(cut.StartOf(samples, part), cut.CountOf(samples, part))) counts[i] += Data.LabelledTokens(index);
        }
        return counts;
    }

    /// <summary>The part of an epoch's tokens that is padding; 0 where samples are values. Nothing is decoded.</summary>
    internal double PaddingShare(int epoch)
    {
        if (!Data.IsTokens) return 0;
        long all = BatchLengths(epoch).Select((longest, batch) => (long)longest * LengthOf(batch)).Sum();
        return 1 - ((double)order.Take((BatchCount - 1) * Options.BatchSize + LengthOf(BatchCount - 1)).Sum(index => (long)Data.LengthOf(index)) / all);
    }

    /// <summary>How many batches have as many samples as the options say: all, or all but the last.</summary>
    private int FullBatches => LengthOf(BatchCount - 1) == Options.BatchSize ? BatchCount : BatchCount - 1;

    private int LengthOf(int index)
    {
        int rest = Data.Count - (index * Options.BatchSize);
        return index < BatchCount - 1 || Options.DropLast ? Options.BatchSize : rest;
    }

    private void StopPrefetching()
    {
        prefetcher?.Dispose();
        prefetcher = null;
    }
}
