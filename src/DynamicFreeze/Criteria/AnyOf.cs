namespace ResearchFreeze.DynamicFreeze;

/// <summary>Several criteria, one of which is enough: the smallest of score / threshold, so below 1 means that one is below its own. A part without an opinion does not count; NaN where none has one.</summary>
public sealed class AnyOf : ICriterion
{
    private readonly (ICriterion Criterion, double Threshold)[] parts;

    /// <summary>A disjunction; each threshold must be positive.</summary>
    public AnyOf(string name, params ReadOnlySpan<(ICriterion Criterion, double Threshold)> parts)
    {
        this.parts = AllOf.Checked("AnyOf", parts);
        Name = name;
        Statistics = [.. this.parts.SelectMany(part => part.Criterion.Statistics).DistinctBy(statistic => statistic.Key)];
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Settings => AllOf.SettingsOf(parts);

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; }

    /// <summary>Whether each part does: the others have opinions.</summary>
    public bool NeedsRunSteps => Array.TrueForAll(parts, part => part.Criterion.NeedsRunSteps);

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        double best = double.NaN;
        foreach ((ICriterion criterion, double threshold) in parts)
        {
            double score = criterion.Score(history) / threshold;
            if (!(score >= best)) best = double.IsNaN(score) ? best : score;
        }
        return best;
    }

    /// <inheritdoc/>
    public string Explain(UnitHistory history) => AllOf.Explain(parts, history);

    /// <summary>The parts that are below their limits, then those that are not and need not be.</summary>
    public string Conclude(UnitHistory history, double limit)
    {
        string[] low = [.. parts.Where(part => part.Criterion.Score(history) < part.Threshold * limit).Select(Sentence)], other = [.. parts.Where(part => part.Criterion.Score(history) >= part.Threshold * limit).Select(Sentence)];
        if (low.Length == 0 || other.Length == 0) return string.Join(" and ", [.. low, .. other]);
        return $"{string.Join(" and ", low)}; {string.Join(" and ", other)}, but one sign is enough";

        string Sentence((ICriterion Criterion, double Threshold) part) => part.Criterion.Conclude(history, part.Threshold * limit);
    }
}
