namespace ResearchFreeze.DynamicFreeze;

/// <summary>A decision log's line of a check: what the rule was shown, of the units that it was shown something new of.</summary>
internal sealed record LogCheck
{
    public required int Step { get; init; }

    public required IReadOnlyList<LogView> Check { get; init; }

    /// <summary>The line.</summary>
    /// <param name="step">Steps taken.</param>
    /// <param name="views">One a unit.</param>
    /// <param name="earlier">The check before; null: there was none.</param>
    public static LogCheck Of(int step, LogView[] views, (int Step, LogView[] Views)? earlier) =>
        new() { Step = step, Check = earlier is { } before ? [.. views.Where(view => !view.Follows(before.Views[view.Unit], step - before.Step))] : views };
}
