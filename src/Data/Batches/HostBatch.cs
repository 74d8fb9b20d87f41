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
    private readonly int[] tokens = [];
    private readonly int[] segments = [];
    private readonly int[] tokenLabels = [];
    private readonly int[] lengths = [];

    /// <param name="capacity">The most samples.</param>
    /// <param name="data">What they are of.</param>
    /// <param name="sampleSize">Values of a sample that are decoded; 0: none.</param>
    internal HostBatch(int capacity, HostDataSet data, int sampleSize)
    {
        targetCount = data.TargetCount;
        targets = new float[capacity * targetCount];
        labels = new int[capacity];
        sampleIds = new int[capacity];
        this.sampleSize = data.IsTokens ? 0 : sampleSize;
        inputs = new float[capacity * this.sampleSize];
        if (!data.IsTokens || sampleSize == 0) return;
        lengths = new int[capacity];
        tokens = new int[capacity * sampleSize];
        if (data.HasSegments) segments = new int[tokens.Length];
        if (data.TokenClassCount > 0) tokenLabels = new int[tokens.Length];
    }

    /// <summary>The epoch this belongs to.</summary>
    public int Epoch { get; private set; }

    /// <summary>Which batch of its epoch this is, from 0.</summary>
    public int Index { get; private set; }

    /// <summary>Which part of it this is; 0: it is whole, or the first.</summary>
    public int Part { get; private set; }

    /// <summary>How many samples of the batch are before those of this part.</summary>
    public int Start { get; private set; }

    /// <summary>How many samples it has.</summary>
    public int Count { get; private set; }

    /// <summary>Names the random augmentation of this (seed, epoch); 0: there is none.</summary>
    public ulong AugmentationKey { get; private set; }

    /// <summary>Whether its values were left out: <see cref="BatchOptions.Skip"/> said so.</summary>
    public bool IsDeferred { get; private set; }

    /// <summary>The inputs, sample after sample; empty when there are ids only, or where they were left out.</summary>
    public Span<float> Inputs => inputs.AsSpan(0, IsDeferred ? 0 : Count * sampleSize);

    /// <summary>How many tokens a sample has in this batch, padding included: as many as its longest one; 0: there are values or ids only.</summary>
    public int Length { get; private set; }

    /// <summary>Token ids, sample after sample, each <see cref="Length"/> of them.</summary>
    public ReadOnlySpan<int> Tokens => tokens.AsSpan(0, Count * Length);

    /// <summary>How many tokens of each sample are its own; empty where samples are values.</summary>
    public ReadOnlySpan<int> Lengths => lengths.AsSpan(0, lengths.Length == 0 ? 0 : Count);

    /// <summary>Which of two texts each token is of; empty where samples have one.</summary>
    public ReadOnlySpan<int> Segments => segments.AsSpan(0, segments.Length == 0 ? 0 : Count * Length);

    /// <summary>The label of each token, −1 where there is none; empty where labels are of samples.</summary>
    public ReadOnlySpan<int> TokenLabels => tokenLabels.AsSpan(0, tokenLabels.Length == 0 ? 0 : Count * Length);

    /// <summary>The class of each sample.</summary>
    public ReadOnlySpan<int> Labels => labels.AsSpan(0, Count);

    /// <summary>The targets, sample after sample; empty where the data have classes.</summary>
    public ReadOnlySpan<float> Targets => targets.AsSpan(0, Count * targetCount);

    /// <summary>The id of each sample: see <see cref="HostDataSet.IdOf"/>.</summary>
    public ReadOnlySpan<int> SampleIds => sampleIds.AsSpan(0, Count);

    /// <param name="data">The set.</param>
    /// <param name="batch">The samples of the whole batch.</param>
    /// <param name="place">Which batch it is, which part of it, and which of its samples.</param>
    /// <param name="augmenter">Changes samples; null: nothing does.</param>
    /// <param name="skip">Whether values are left out.</param>
    internal void Fill(HostDataSet data, ReadOnlySpan<int> batch, in BatchPlace place, Augmenter? augmenter, HasSamples? skip = null)
    {
        ReadOnlySpan<int> indices = batch.Slice(place.Start, place.Count);
        (Epoch, Index, Part, Start, Count, AugmentationKey) = (place.Epoch, place.Index, place.Part, place.Start, indices.Length, augmenter?.Key ?? 0);
        for (int i = 0; i < indices.Length; i++)
        {
            labels[i] = data.Labels[indices[i]];
            sampleIds[i] = data.IdOf(indices[i]);
            if (targetCount > 0) data.CopyTargets(indices[i], targets.AsSpan(i * targetCount, targetCount));
        }
        if (tokens.Length > 0) FillTokens(data, batch, indices);
        IsDeferred = sampleSize > 0 && skip is not null && skip(AugmentationKey, SampleIds);
        if (sampleSize == 0 || IsDeferred) return;
        for (int i = 0; i < indices.Length; i++)
        {
            Span<float> sample = inputs.AsSpan(i * sampleSize, sampleSize);
            if (augmenter is null) data.CopySample(indices[i], sample);
            else augmenter.CopySample(data, indices[i], sample);
        }
    }

    private void FillTokens(HostDataSet data, ReadOnlySpan<int> batch, ReadOnlySpan<int> indices)
    {
        Length = 0;
        // A part is as long as the whole: what is drawn for its places is then the same.
        foreach (int index in batch) Length = Math.Max(Length, data.LengthOf(index));
        for (int i = 0; i < indices.Length; i++) lengths[i] = data.LengthOf(indices[i]);
        for (int i = 0; i < indices.Length; i++)
        {
            data.CopyTokens(indices[i], tokens.AsSpan(i * Length, Length));
            if (segments.Length > 0) data.CopySegments(indices[i], segments.AsSpan(i * Length, Length));
            if (tokenLabels.Length > 0) data.CopyTokenLabels(indices[i], tokenLabels.AsSpan(i * Length, Length));
        }
    }
}
