using System.Globalization;
using System.Text;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Several criteria beside each other, to look at: it has no opinion of its own, and its explanation at a check has every score and every number that the statistics gave, as <see cref="Read"/> reads them back from a decision log.
/// For a run under a rule that follows a plan, whose weights are those of the run without it.
/// </summary>
public sealed class AllScores : ICriterion
{
    /// <summary>The number of the interval's Σ of the unit's learning rate.</summary>
    public const string IntegratedRate = "interval.integratedRate";

    /// <summary>The number of the interval's steps.</summary>
    public const string IntervalSteps = "interval.steps";

    /// <summary>The number of the interval's <see cref="Observation.StepGain"/>.</summary>
    public const string StepGain = "interval.stepGain";

    /// <summary>The number of the interval's <see cref="Observation.StepMemory"/>.</summary>
    public const string StepMemory = "interval.stepMemory";

    /// <summary>The number of the Σ of the unit's learning rate that is left, where the run's length is known.</summary>
    public const string RemainingRate = "interval.remainingRate";

    /// <summary>Before a criterion's name: the number of its <see cref="ICriterion.Price"/>, in the loss's unit. Only criteria that know one have it.</summary>
    public const string Price = "price.";

    private readonly ICriterion[] criteria;

    /// <summary>All of them; each name once.</summary>
    /// <exception cref="ArgumentException">There is none, or a name cannot be a column's.</exception>
    public AllScores(params IReadOnlyList<ICriterion> criteria)
    {
        ArgumentNullException.ThrowIfNull(criteria);
        if (criteria.Count == 0) throw new ArgumentException("AllScores: needs at least one criterion.");
        this.criteria = [.. criteria];
        foreach (ICriterion criterion in criteria)
        {
            if (criterion.Name.Length == 0 || criterion.Name.AsSpan().ContainsAny(' ', '=', ',')) throw new ArgumentException($"AllScores: criterion '{criterion.Name}' cannot be a column: its name has a space, a comma or '='.");
            if (criteria.Count(other => other.Name == criterion.Name) > 1) throw new ArgumentException($"AllScores: criterion '{criterion.Name}' is there twice.");
        }
        Statistics = [.. criteria.SelectMany(criterion => criterion.Statistics).DistinctBy(statistic => statistic.Key)];
    }

    /// <inheritdoc/>
    public string Name => "all-scores";

    /// <inheritdoc/>
    public string Settings => string.Join(", ", criteria.Select(criterion => $"{criterion.Name}[{criterion.Settings}]"));

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; }

    /// <inheritdoc/>
    public double Score(UnitHistory history) => double.NaN;

    /// <summary>Whether a name is a criterion's: those of numbers that statistics gave have a point.</summary>
    public static bool IsScore(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return !name.Contains('.', StringComparison.Ordinal);
    }

    /// <summary>Each score and each number, as <c>drift=0.25 displacement.squares=0.002</c>; of a criterion without an opinion <c>drift=NaN</c>.</summary>
    public string Explain(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var text = new StringBuilder();
        foreach (ICriterion criterion in criteria) Add(criterion.Name.Replace('.', '-'), criterion.Score(history));
        foreach (ICriterion criterion in criteria)
        {
            double price = criterion.Price(history);
            if (double.IsFinite(price)) Add($"{Price}{criterion.Name.Replace('.', '-')}", price);
        }
        Observation last = history.All[^1];
        Add(IntervalSteps, last.Steps);
        Add(IntegratedRate, last.IntegratedRate);
        Add(StepGain, last.StepGain);
        Add(StepMemory, last.StepMemory);
        Add(RemainingRate, last.RemainingRate);
        foreach (UnitStatistic statistic in Statistics)
        {
            ReadOnlySpan<double> values = last.Of(statistic.Key);
            for (int i = 0; i < values.Length; i++) Add($"{statistic.Key}.{statistic.Values[i]}", values[i]);
        }
        return text.ToString();

        void Add(string name, double value)
        {
            text.Append(text.Length == 0 ? "" : " ").Append(name.Replace(' ', '-')).Append('=').Append((double.IsFinite(value) ? value : double.NaN).ToString("R", CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Reads an explanation; null: it is none, since the unit had not been observed.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static IReadOnlyList<(string Name, double Value)>? Read(string explanation)
    {
        ArgumentNullException.ThrowIfNull(explanation);
        if (!explanation.Contains('=', StringComparison.Ordinal)) return null;
        var found = new List<(string, double)>();
        foreach (string part in explanation.Split(' '))
        {
            int equals = part.LastIndexOf('=');
            if (equals < 1 || !double.TryParse(part.AsSpan(equals + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double value)) throw new FormatException($"'{part}' is no score: expected name=number.");
            found.Add((part[..equals], value));
        }
        return found;
    }
}
