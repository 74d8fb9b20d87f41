namespace ResearchFreeze.DynamicFreeze;

/// <summary>A decision log's line of a check: what the rule was shown.</summary>
internal sealed record LogCheck
{
    public required int Step { get; init; }

    public required IReadOnlyList<LogView> Check { get; init; }

    public static LogCheck Of(CheckContext context) => new() { Step = context.Step, Check = [.. context.Units.Select(LogView.Of)] };

    public RecordedCheck Recorded() => new(Step, [.. Check.Select(view => view.Recorded())]);
}

/// <summary>One unit at a check.</summary>
internal sealed record LogView
{
    public required string Path { get; init; }

    public required bool Frozen { get; init; }

    public required int Age { get; init; }

    public double? Score { get; init; }

    public required string Explanation { get; init; }

    public double? ProbedGradient { get; init; }

    public double? Debt { get; init; }

    public static LogView Of(UnitView unit) => new()
    {
        Path = unit.Path,
        Frozen = unit.IsFrozen,
        Age = unit.Age,
        Score = LogLines.Finite(unit.Score),
        Explanation = unit.Explanation,
        ProbedGradient = LogLines.Finite(unit.Probe?.GradientNorm),
        Debt = LogLines.Finite(unit.Probe?.Debt),
    };

    public RecordedView Recorded() => new(Path, Frozen, Age, Score ?? double.NaN, Explanation, Debt ?? double.NaN);
}
