using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>
/// The area under the ROC curve: how often a sample of a class has a larger score for it than one of another class, ties counting half; each class against the others, and their mean. Classes without a sample, or without one of
/// another, are left out; NaN where none is left. Of two classes both areas are the same number. Scores are the class's log-probabilities.
/// </summary>
public sealed class RocArea : IMetric
{
    private readonly List<(double Score, bool Is)[]> scores = [];

    /// <inheritdoc/>
    public string Name => "auroc";

    /// <inheritdoc/>
    public Better Better => Better.Higher;

    /// <inheritdoc/>
    public void Begin(int outputs) => scores.Clear();

    /// <inheritdoc/>
    public void Accumulate(in MetricBatch batch)
    {
        for (int sample = 0; sample < batch.Count; sample++)
        {
            double log = batch.LogSumExp(sample);
            var row = new (double, bool)[batch.Classes];
            for (int label = 0; label < row.Length; label++) row[label] = (batch.Row(sample)[label] - log, batch.Labels[sample] == label);
            scores.Add(row);
        }
    }

    /// <inheritdoc/>
    public MetricValue Value()
    {
        double[] areas = [.. Enumerable.Range(0, scores.Count == 0 ? 0 : scores[0].Length).Select(label => Area([.. scores.Select(row => row[label])])).Where(area => !double.IsNaN(area))];
        return new(areas.Length == 0 ? double.NaN : areas.Average());
    }

    /// <summary>By ranks (Mann and Whitney); equal scores share the mean of their ranks.</summary>
    private static double Area((double Score, bool Is)[] all)
    {
        Array.Sort(all, (a, b) => a.Score.CompareTo(b.Score));
        long positives = all.LongCount(entry => entry.Is), negatives = all.Length - positives;
        if (positives == 0 || negatives == 0) return double.NaN;
        double ranks = 0;
        for (int from = 0, to; from < all.Length; from = to)
        {
            to = from + 1;
            while (to < all.Length && all[to].Score.Equals(all[from].Score)) to++;
            double rank = 0.5 * (from + 1 + to);
            for (int i = from; i < to; i++) ranks += all[i].Is ? rank : 0;
        }
        return (ranks - (0.5 * positives * (positives + 1))) / ((double)positives * negatives);
    }
}
