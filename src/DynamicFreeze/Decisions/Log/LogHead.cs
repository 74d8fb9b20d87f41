namespace ResearchFreeze.DynamicFreeze;

/// <summary>A decision log's first line: how the run decides.</summary>
internal sealed record LogHead
{
    public required int Schema { get; init; }

    public required string Criterion { get; init; }

    public required string Rule { get; init; }

    public required string Division { get; init; }

    public required int CheckEvery { get; init; }

    public required int WarmUpSteps { get; init; }

    public double? RateDrop { get; init; }

    public double? RegressionMargin { get; init; }

    public int? ThawAfterSteps { get; init; }

    public int? ProbeEvery { get; init; }

    public double? ProbeDebt { get; init; }

    public double? GuardMargin { get; init; }

    public double? MostFrozen { get; init; }

    public int? MostAtOnce { get; init; }

    public required IReadOnlyList<string> Units { get; init; }

    public IReadOnlyList<int>? Heads { get; init; }

    public IReadOnlyList<string>? Pinned { get; init; }

    public static LogHead Of(string criterion, string rule, FreezeOptions options, IReadOnlyList<FreezeUnit> units) => new()
    {
        Schema = DecisionLog.Schema,
        Criterion = criterion,
        Rule = rule,
        Division = options.Units.Name,
        CheckEvery = options.CheckEvery,
        WarmUpSteps = options.WarmUpSteps,
        RateDrop = LogLines.Finite(options.RateDrop),
        RegressionMargin = LogLines.Finite(options.RegressionMargin),
        ThawAfterSteps = options.ThawAfterSteps,
        ProbeEvery = options.ProbeEvery,
        ProbeDebt = LogLines.Finite(options.ProbeDebt),
        GuardMargin = LogLines.Finite(options.GuardMargin),
        MostFrozen = LogLines.Finite(options.MostFrozen),
        MostAtOnce = options.MostAtOnce,
        Units = [.. units.Select(unit => unit.Path)],
        Heads = units.Any(unit => unit.IsHead) ? [.. units.Where(unit => unit.IsHead).Select(unit => unit.Index)] : null,
        Pinned = units.Any(unit => unit.Pinned.Count > 0) ? [.. units.SelectMany(unit => unit.Pinned)] : null,
    };
}
