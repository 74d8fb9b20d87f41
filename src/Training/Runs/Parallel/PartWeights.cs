using ResearchFreeze.Data;

namespace ResearchFreeze.Training;

/// <summary>What the parts of an epoch's batches count for: their samples, or the tokens that have a label where the task's loss is a mean over those. Every rank knows all of them.</summary>
internal sealed class PartWeights
{
    private readonly BatchCut cut;
    private readonly int[]? tokens;
    private readonly int accumulate, batches, samples, batchSize;

    /// <summary>Those of an epoch.</summary>
    public PartWeights(RunParts parts, BatchCut cut, int epoch)
    {
        this.cut = cut;
        (accumulate, batchSize, samples) = (parts.Settings.Accumulate, parts.Settings.BatchSize, parts.Data.Train.Count);
        batches = parts.Data.Train.BatchCount(batchSize);
        // Once an epoch: the order of its samples, and a look at their labels.
        tokens = parts.Task.IsOfTokens ? parts.Data.Train.LabelCounts(batchSize, epoch, cut) : null;
    }

    /// <summary>A batch's samples.</summary>
    public int SamplesOf(int batch) => batch == batches - 1 ? samples - (batch * batchSize) : batchSize;

    /// <summary>A part's samples, or its tokens with a label.</summary>
    public int Of(int batch, int part) => tokens?[(batch * cut.Parts) + part] ?? cut.CountOf(SamplesOf(batch), part);

    /// <summary>A batch's samples, or its tokens with a label.</summary>
    public long Of(int batch)
    {
        long sum = 0;
        for (int part = 0; part < cut.Parts; part++) sum += Of(batch, part);
        return sum;
    }

    /// <summary>A step's, over its batches.</summary>
    public long OfStep(int batch)
    {
        int first = batch - (batch % accumulate), end = Math.Min(batches, first + accumulate);
        long sum = 0;
        for (int other = first; other < end; other++) sum += Of(other);
        return sum;
    }
}
