using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>Samples in host memory with inputs and targets of any shape: for regression, for autoencoders, for pairs. Batches come in a seeded order and lie on a device.</summary>
public sealed class TensorData
{
    private readonly float[] inputs, targets;
    private readonly Device device;
    private readonly ulong seed;

    /// <summary>Samples one after the other. The arrays are kept, not copied: do not change them.</summary>
    /// <param name="device">Where batches go.</param>
    /// <param name="inputs">The inputs, sample after sample.</param>
    /// <param name="inputShape">Of one input.</param>
    /// <param name="targets">The targets, likewise; an autoencoder gives the inputs again.</param>
    /// <param name="targetShape">Of one target.</param>
    /// <param name="seed">Keys the order, with the epoch.</param>
    /// <exception cref="DataFormatException">There are no samples, lengths disagree, or a value is not finite; the message names the sample.</exception>
    public TensorData(Device device, float[] inputs, Shape inputShape, float[] targets, Shape targetShape, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(targets);
        (this.device, this.inputs, this.targets, this.seed) = (device, inputs, targets, seed);
        (InputShape, TargetShape) = (inputShape, targetShape);
        Count = inputShape.Count == 0 ? 0 : inputs.Length / inputShape.Count;
        if (Count == 0 || (long)Count * inputShape.Count != inputs.Length) throw new DataFormatException("inputs", $"samples of shape {inputShape}, at least one", $"{inputs.Length} values");
        if (targets.Length != (long)Count * targetShape.Count) throw new DataFormatException("targets", $"{(long)Count * targetShape.Count} values ({Count} of shape {targetShape})", $"{targets.Length}");
        RequireFinite("inputs", inputs, inputShape.Count);
        RequireFinite("targets", targets, targetShape.Count);
    }

    /// <summary>The number of samples.</summary>
    public int Count { get; }

    /// <summary>Of one input.</summary>
    public Shape InputShape { get; }

    /// <summary>Of one target.</summary>
    public Shape TargetShape { get; }

    /// <summary>The batches of an epoch, in an order that depends on (seed, epoch) alone. A batch's tensors are the loop's: they are valid until the next batch is asked for.</summary>
    /// <param name="batchSize">Samples a batch; the last one may have fewer.</param>
    /// <param name="epoch">Which pass this is. The same one again has the same order, so it has no default.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive, or the epoch negative.</exception>
    public IEnumerable<TensorBatch> Batches(int batchSize, int epoch)
    {
        // Checked here, not at the first batch.
        if (batchSize < 1) throw new ArgumentOutOfRangeException(nameof(batchSize), $"The batch size must be positive, found {batchSize}.");
        int[] order = SampleOrder.For(Count, seed, epoch);
        return Batches();

        IEnumerable<TensorBatch> Batches()
        {
            for (int at = 0; at < Count; at += batchSize)
            {
                TensorBatch batch = Take(order.AsSpan(at, Math.Min(batchSize, Count - at)));
                batch.Inputs.Detach();
                batch.Targets.Detach();
                try
                {
                    yield return batch;
                }
                finally
                {
                    batch.Inputs.Dispose();
                    batch.Targets.Dispose();
                }
            }
        }
    }

    /// <summary>The samples with these ids, in this order, as one batch that is the caller's, or its scope's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    public TensorBatch Take(params ReadOnlySpan<int> ids)
    {
        int bad = ids.IndexOfAnyExceptInRange(0, Count - 1);
        if (bad >= 0) throw new ArgumentOutOfRangeException(nameof(ids), $"Sample ids are in [0, {Count}), found {ids[bad]} at {bad}.");
        using CostScope booking = device.Counters.For(CostKind.Other);
        return new TensorBatch(Rows(inputs, InputShape, ids), Rows(targets, TargetShape, ids), ids.ToArray());
    }

    private Tensor Rows(float[] from, Shape sample, ReadOnlySpan<int> ids)
    {
        var rows = new float[checked(ids.Length * sample.Count)];
        for (int i = 0; i < ids.Length; i++) from.AsSpan(ids[i] * sample.Count, sample.Count).CopyTo(rows.AsSpan(i * sample.Count));
        return Tensor.From(device, rows, new Shape([ids.Length, .. sample.ToArray()]));
    }

    private static void RequireFinite(string name, float[] values, int size)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i])) throw new DataFormatException(name, "finite values", FormattableString.Invariant($"{values[i]} at sample {i / size}, value {i % size}"));
        }
    }
}
