using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>
/// Batches of samples of about one length, so that little of a batch is padding. What is in a batch still changes from epoch to epoch: only samples of the same window of a shuffled order can meet in one.
/// </summary>
internal static class LengthBuckets
{
    /// <summary>Batches a window has: many enough that lengths within a batch are close, few enough that chance decides who meets whom.</summary>
    private const int Window = 50;

    /// <summary>Rearranges a shuffled order: each window is sorted by length and cut into batches, and the batches are shuffled. What makes no full batch at the end stays there as it is: sorted along it would be the longest.</summary>
    /// <param name="order">The samples' indices, shuffled.</param>
    /// <param name="data">The samples.</param>
    /// <param name="batchSize">Samples a batch.</param>
    /// <param name="full">How many batches have so many samples.</param>
    /// <param name="seed">Keys the order of the batches, with the epoch.</param>
    /// <param name="epoch">Which pass this is.</param>
    public static void Arrange(int[] order, HostDataSet data, int batchSize, int full, ulong seed, int epoch)
    {
        for (int first = 0; first < full; first += Window)
        {
            int start = first * batchSize, end = Math.Min(full, first + Window) * batchSize;
            // Stable: which of two samples of one length comes first is up to the shuffle.
            int[] sorted = [.. order[start..end].OrderBy(data.LengthOf)];
            sorted.CopyTo(order, start);
        }
        var batches = new int[full];
        SampleOrder.Permute(batches, new RandomStream(seed, FormattableString.Invariant($"data/buckets/{epoch}")));
        int[] before = order[..(full * batchSize)];
        for (int batch = 0; batch < full; batch++) before.AsSpan(batches[batch] * batchSize, batchSize).CopyTo(order.AsSpan(batch * batchSize));
    }
}
