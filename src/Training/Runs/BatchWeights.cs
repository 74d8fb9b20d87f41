namespace ResearchFreeze.Training;

/// <summary>What the batches of an epoch count for: their samples, or the tokens that have a label where the task's loss is a mean over those.</summary>
internal sealed class BatchWeights
{
    private readonly int[]? tokens;
    private readonly int accumulate, batches, samples, batchSize;

    /// <summary>Those of an epoch.</summary>
    public BatchWeights(RunParts parts, int epoch)
    {
        (accumulate, batchSize, samples) = (parts.Settings.Accumulate, parts.Settings.BatchSize, parts.Data.Train.Count);
        batches = parts.Data.Train.BatchCount(batchSize);
        // Once an epoch: the order of its samples, and a look at their labels.
        tokens = parts.Task.IsOfTokens ? parts.Data.Train.LabelCounts(batchSize, epoch) : null;
    }

    /// <summary>A batch's samples, or its tokens with a label.</summary>
    public int Of(int batch) => tokens?[batch] ?? (batch == batches - 1 ? samples - (batch * batchSize) : batchSize);

    /// <summary>A batch's part of its step, the gradients of which add up over <c>--accumulate</c> batches: 1 where it is the only one, 0 where nothing of it has a label but something of another batch.</summary>
    public double ShareOf(int batch)
    {
        int first = batch - (batch % accumulate), end = Math.Min(batches, first + accumulate);
        if (end - first == 1) return 1;
        long all = 0;
        for (int other = first; other < end; other++) all += Of(other);
        return all == 0 ? 1 : Of(batch) / (double)all;
    }
}
