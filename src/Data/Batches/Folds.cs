using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>K-fold cross-validation: each sample is validated on once.</summary>
public static class Folds
{
    /// <summary>The ids 0 … count−1 in a seeded order, cut into k parts whose sizes differ by one at most: part i validates in fold i, the others train.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than two folds, or fewer samples than folds.</exception>
    public static IReadOnlyList<(int[] Train, int[] Validation)> Of(int count, int folds, ulong seed)
    {
        if (folds < 2) throw new ArgumentOutOfRangeException(nameof(folds), $"Cross-validation needs at least 2 folds, found {folds}.");
        if (count < folds) throw new ArgumentOutOfRangeException(nameof(count), $"{folds} folds need at least {folds} samples, found {count}.");
        var order = new int[count];
        SampleOrder.Permute(order, new RandomStream(seed, "data/folds"));
        return [.. Enumerable.Range(0, folds).Select(fold =>
        {
            int from = (int)((long)count * fold / folds), to = (int)((long)count * (fold + 1) / folds);
            return ((int[])[.. order[..from], .. order[to..]], order[from..to]);
        })];
    }

    /// <summary>The folds of a set; its parts share its values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than two folds, or fewer samples than folds.</exception>
    public static IEnumerable<(HostDataSet Train, HostDataSet Validation)> Of(HostDataSet data, int folds, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(data);
        return Of(data.Count, folds, seed).Select(fold => (data.Select(fold.Train), data.Select(fold.Validation)));
    }
}
