namespace ResearchFreeze.DynamicFreeze;

/// <summary>A decision log's line of rates that moved on.</summary>
internal sealed record LogRates
{
    public required int Step { get; init; }

    public required IReadOnlyList<LogRate> Rates { get; init; }

    public static LogRates Of(int step, IReadOnlyList<UnitRate> rates) => new() { Step = step, Rates = [.. rates.Select(rate => new LogRate { Unit = rate.Unit, Scale = rate.Scale })] };

    public RecordedRates Recorded() => new(Step, [.. Rates.Select(rate => new UnitRate(rate.Unit, rate.Scale))]);
}

/// <summary>One unit's factor.</summary>
internal sealed record LogRate
{
    public required int Unit { get; init; }

    public required float Scale { get; init; }
}
