namespace ResearchFreeze.DynamicFreeze;

/// <summary>What the statistics of one unit gave at one check.</summary>
/// <param name="Step">Steps taken when the check was made.</param>
/// <param name="Steps">Steps in the interval it covers.</param>
/// <param name="IntegratedRate">Σ of the unit's learning rate over the interval.</param>
public sealed record Observation(int Step, int Steps, double IntegratedRate)
{
    private readonly List<(string Key, double[] Values)> values = [];

    /// <summary>Every statistic with its values.</summary>
    public IReadOnlyList<(string Key, double[] Values)> All => values;

    /// <summary>The values of a statistic.</summary>
    /// <exception cref="KeyNotFoundException">No criterion asked for it.</exception>
    public ReadOnlySpan<double> Of(string key)
    {
        foreach ((string name, double[] found) in values)
        {
            if (name == key) return found;
        }
        throw new KeyNotFoundException($"Statistic '{key}' is not observed; observed are: {string.Join(", ", values.Select(entry => entry.Key))}.");
    }

    internal void Add(string key, double[] found) => values.Add((key, found));
}
