namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Several criteria, all of which must say "finished": the largest of score / threshold, so below 1 means that each is below its own. NaN as soon as one has no opinion.
/// </summary>
public sealed class AllOf : ICriterion
{
    private readonly (ICriterion Criterion, double Threshold)[] parts;

    /// <summary>A conjunction; each threshold must be positive.</summary>
    public AllOf(string name, params ReadOnlySpan<(ICriterion Criterion, double Threshold)> parts)
    {
        this.parts = Checked("AllOf", parts);
        Name = name;
        Statistics = [.. this.parts.SelectMany(part => part.Criterion.Statistics).DistinctBy(statistic => statistic.Key)];
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Settings => SettingsOf(parts);

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; }

    /// <summary>Whether a part does.</summary>
    public bool NeedsRunSteps => Array.Exists(parts, part => part.Criterion.NeedsRunSteps);

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        double worst = 0;
        foreach ((ICriterion criterion, double threshold) in parts)
        {
            double score = criterion.Score(history) / threshold;
            if (double.IsNaN(score)) return double.NaN;
            worst = Math.Max(worst, score);
        }
        return worst;
    }

    /// <inheritdoc/>
    public string Explain(UnitHistory history) => Explain(parts, history);

    /// <inheritdoc/>
    public string Conclude(UnitHistory history, double limit) => string.Join(" and ", parts.Select(part => part.Criterion.Conclude(history, part.Threshold * limit)));

    internal static (ICriterion Criterion, double Threshold)[] Checked(string name, ReadOnlySpan<(ICriterion Criterion, double Threshold)> parts)
    {
        if (parts.IsEmpty) throw new ArgumentException($"{name}: needs at least one criterion.");
        foreach ((ICriterion criterion, double threshold) in parts)
        {
            if (!(threshold > 0)) throw new ArgumentOutOfRangeException(nameof(parts), $"{name}: the threshold of {criterion.Name} must be positive, found {threshold}.");
        }
        return parts.ToArray();
    }

    internal static string SettingsOf((ICriterion Criterion, double Threshold)[] parts) =>
        string.Join(", ", parts.Select(part => FormattableString.Invariant($"{part.Criterion.Name}[{part.Criterion.Settings}]<{part.Threshold}")));

    internal static string Explain((ICriterion Criterion, double Threshold)[] parts, UnitHistory history) =>
        string.Join(", ", parts.Select(part => FormattableString.Invariant($"{part.Criterion.Explain(history)} (limit {part.Threshold:G3})")));
}
