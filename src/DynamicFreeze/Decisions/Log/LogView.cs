namespace ResearchFreeze.DynamicFreeze;

/// <summary>One unit at a check in a decision log. What is as it mostly is, is left out: that the unit trains, was observed just now, and is explained by its score.</summary>
internal sealed record LogView
{
    public required int Unit { get; init; }

    public bool? Frozen { get; init; }

    public int? Age { get; init; }

    public double? Score { get; init; }

    public string? Explanation { get; init; }

    public double? ProbedGradient { get; init; }

    public double? Debt { get; init; }

    public static LogView Of(UnitView unit, string criterion) => new()
    {
        Unit = unit.Index,
        Frozen = unit.IsFrozen ? true : null,
        Age = unit.Age == 0 ? null : unit.Age,
        Score = LogLines.Finite(unit.Score),
        Explanation = unit.Explanation == Usual(criterion, unit.Score) ? null : unit.Explanation,
        ProbedGradient = LogLines.Finite(unit.Probe?.GradientNorm),
        Debt = LogLines.Finite(unit.Probe?.Debt),
    };

    /// <summary>Whether it is what the check before has shown, so many steps older.</summary>
    public bool Follows(LogView before, int steps) => (Age ?? 0) == (before.Age ?? 0) + steps && this with { Age = null } == before with { Age = null };

    public RecordedView Recorded(string path, string criterion, int steps)
    {
        double score = Score ?? double.NaN;
        return new RecordedView(path, Frozen ?? false, (Age ?? 0) + steps, score, Explanation ?? Usual(criterion, score), Debt ?? double.NaN);
    }

    /// <summary>What <see cref="ICriterion.Explain"/> says where a criterion has no words of its own.</summary>
    private static string Usual(string criterion, double score) => FormattableString.Invariant($"{criterion} {score:G3}");
}
