using ScottPlot;

namespace ResearchFreeze.Plots;

/// <summary>A row a unit from the input on: when it trained and when it was frozen.</summary>
internal sealed class TimelinePicture : Picture
{
    public override string Name => "timeline";

    public override string? Lacks(IReadOnlyList<PlottedRun> runs) =>
        runs[0].Decisions is null ? "there is no decisions.jsonl" : runs[0].Steps == 0 ? "no step was taken" : null;

    internal override Figure Draw(IReadOnlyList<PlottedRun> runs, Sheet sheet)
    {
        PlottedRun run = runs[0];
        var timeline = Timeline.Of(run.Decisions!, run.Steps);
        Plot plot = Panel.New(run.EpochSteps is { } epoch ? $"step (an epoch has {epoch})" : "step", "");
        float row = RowHeight(timeline.Units.Count);
        for (int unit = 0; unit < timeline.Units.Count; unit++)
        {
            foreach (UnitSpan span in timeline.Spans[unit])
            {
                var bar = plot.Add.Rectangle(span.From, span.To, -unit - 0.38, -unit + 0.38);
                bar.FillColor = ColorOf(span.Phase);
                bar.LineColor = Palette.White;
                bar.LineWidth = 0.5f;
            }
        }
        foreach (int step in timeline.Rollbacks) plot.Add.VerticalLine(step, 2, Palette.Black).EnableAutoscale = false;
        RowLabels.Left(plot, timeline.Units, row, sheet.Width / 4);
        Panel.Steps(plot, run.Steps);
        plot.Grid.YAxisStyle.IsVisible = false;
        return new Figure("When each unit trained and was frozen, from the input (top) to the output", run.Described, sheet, Keys(timeline), (row * timeline.Units.Count) + 60, new Panel(plot));
    }

    /// <summary>Light, between and dark: told apart without colours too.</summary>
    private static Color ColorOf(UnitPhase phase) => phase switch
    {
        UnitPhase.Frozen => Palette.Blue,
        UnitPhase.Adjusted => Palette.Orange,
        _ => Palette.Yellow,
    };

    private static IEnumerable<LegendKey> Keys(Timeline timeline)
    {
        yield return Box("trains", UnitPhase.Trains);
        if (timeline.Spans.Any(spans => spans.Any(span => span.Phase == UnitPhase.Adjusted))) yield return Box("trains in part or at a changed rate", UnitPhase.Adjusted);
        yield return Box("frozen", UnitPhase.Frozen);
        if (timeline.Rollbacks.Count > 0) yield return new LegendKey("rollback") { Line = Palette.Black };
    }

    private static LegendKey Box(string text, UnitPhase phase) => new(text) { Fill = ColorOf(phase) };

    private static float RowHeight(int units) => units <= 12 ? 26 : units <= 60 ? 16 : Math.Max(2, 960f / units);
}
