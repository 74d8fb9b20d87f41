namespace ResearchFreeze.DynamicFreeze;

/// <summary>A unit's observation in a decision log. In a list a place stays a place: what is not finite is null there.</summary>
internal sealed record LogObservation
{
    public required int Step { get; init; }

    public required int Steps { get; init; }

    public double? IntegratedRate { get; init; }

    public required Dictionary<string, IReadOnlyList<double?>> Values { get; init; }

    public static LogObservation Of(Observation observation) => new()
    {
        Step = observation.Step,
        Steps = observation.Steps,
        IntegratedRate = LogLines.Finite(observation.IntegratedRate),
        Values = observation.All.ToDictionary(statistic => statistic.Key, statistic => (IReadOnlyList<double?>)[.. statistic.Values.Select(value => LogLines.Finite(value))], StringComparer.Ordinal),
    };

    public Observation Recorded()
    {
        var observation = new Observation(Step, Steps, IntegratedRate ?? double.NaN);
        foreach ((string key, IReadOnlyList<double?> values) in Values) observation.Add(key, [.. values.Select(value => value ?? double.NaN)]);
        return observation;
    }
}
