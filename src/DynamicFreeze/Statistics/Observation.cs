namespace ResearchFreeze.DynamicFreeze;

/// <summary>What the statistics of one unit gave at one check.</summary>
/// <param name="Step">Steps taken when the check was made.</param>
/// <param name="Steps">Steps in the interval it covers.</param>
/// <param name="IntegratedRate">Σ of the unit's learning rate over the interval.</param>
public sealed record Observation(int Step, int Steps, double IntegratedRate)
{
    private readonly List<(string Key, double[] Values)> values = [];

    /// <summary>The optimizer's <see cref="Layers.Optimizer.StepGain"/>; 1 where it was not recorded.</summary>
    public double StepGain { get; init; } = 1;

    /// <summary>The optimizer's <see cref="Layers.Optimizer.StepMemory"/>; 0 where it was not recorded.</summary>
    public double StepMemory { get; init; }

    /// <summary>Σ of the unit's learning rate from here to the end of the run, if it stays the same part of the schedule's; NaN: the run's length is not known.</summary>
    public double RemainingRate { get; init; } = double.NaN;

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
