namespace ResearchFreeze.Data;

/// <summary>
/// A batch in host memory, valid until the next one is asked for: its buffers are used again. Its spans are as long as the batch, also when
/// it is the last and shorter than the others.
/// </summary>
public sealed class HostBatch
{
    private readonly float[] inputs;
    private readonly int[] labels;
    private readonly int[] sampleIds;
    private readonly float[] targets;
    private readonly int sampleSize;
    private readonly int targetCount;

    internal HostBatch(int capacity, int sampleSize, int targetCount = 0)
    {
        this.targetCount = targetCount;
        targets = new float[capacity * targetCount];
        this.sampleSize = sampleSize;
        inputs = new float[capacity * sampleSize];
        labels = new int[capacity];
        sampleIds = new int[capacity];
    }

    /// <summary>The epoch this belongs to.</summary>
    public int Epoch { get; private set; }

    /// <summary>Which batch of its epoch this is, from 0.</summary>
    public int Index { get; private set; }

    /// <summary>How many samples it has.</summary>
    public int Count { get; private set; }

    /// <summary>Names the random augmentation of this (seed, epoch); 0: there is none.</summary>
    public ulong AugmentationKey { get; private set; }

    /// <summary>The inputs, sample after sample; empty when there are ids only.</summary>
    public Span<float> Inputs => inputs.AsSpan(0, Count * sampleSize);

    /// <summary>The class of each sample.</summary>
    public ReadOnlySpan<int> Labels => labels.AsSpan(0, Count);

    /// <summary>The targets, sample after sample; empty where the data have classes.</summary>
    public ReadOnlySpan<float> Targets => targets.AsSpan(0, Count * targetCount);

    /// <summary>The id of each sample: see <see cref="HostDataSet.IdOf"/>.</summary>
    public ReadOnlySpan<int> SampleIds => sampleIds.AsSpan(0, Count);

    internal void Fill(HostDataSet data, ReadOnlySpan<int> indices, int epoch, int index, Augmenter? augmenter)
    {
        (Epoch, Index, Count, AugmentationKey) = (epoch, index, indices.Length, augmenter?.Key ?? 0);
        for (int i = 0; i < indices.Length; i++)
        {
            labels[i] = data.Labels[indices[i]];
            sampleIds[i] = data.IdOf(indices[i]);
            if (targetCount > 0) data.CopyTargets(indices[i], targets.AsSpan(i * targetCount, targetCount));
        }
        if (sampleSize == 0) return;
        for (int i = 0; i < indices.Length; i++)
        {
            Span<float> sample = inputs.AsSpan(i * sampleSize, sampleSize);
            if (augmenter is null) data.CopySample(indices[i], sample);
            else augmenter.CopySample(data, indices[i], sample);
        }
    }
}
