using ResearchFreeze.Training;
using ScottPlot;
using ScottPlot.Plottables;

namespace ResearchFreeze.Plots;

/// <summary>Promise and fact: what each change of what is frozen was predicted to make of a step's time, and what it made of it. On the diagonal both are the same.</summary>
internal sealed class CalibrationPicture : Picture
{
    public override string Name => "calibration";

    public override bool Compares => true;

    public override string? Lacks(IReadOnlyList<PlottedRun> runs) =>
        runs.Any(run => Measured(run).Length > 0) ? null : "it needs a change of what is frozen with measured steps before and after it, and found none";

    internal override Figure Draw(IReadOnlyList<PlottedRun> runs, Sheet sheet)
    {
        Plot plot = Panel.New("predicted time of a step (% of the one before)", "measured (% of the one before)");
        PlottedRun[] shown = [.. runs.Where(run => Measured(run).Length > 0)];
        IReadOnlyList<string> names = PlottedRun.Names(shown);
        var keys = new List<LegendKey>();
        double most = 100;
        for (int i = 0; i < shown.Length; i++)
        {
            (Color color, MarkerShape shape) = (Palette.Series[i % Palette.Series.Length], Palette.Shapes[(i + (i / Palette.Series.Length)) % Palette.Shapes.Length]);
            RunStepTime[] times = Measured(shown[i]);
            double[] xs = [.. times.Select(time => 100 * time.Promised!.Value / time.Before!.Value)], ys = [.. times.Select(time => 100 * time.Found!.Value / time.Before!.Value)];
            most = Math.Max(most, Math.Max(xs.Max(), ys.Max()));
            // Intervals of earlier errors; the first predictions have none.
            (double Less, double More)[] spans = [.. times.Select((time, k) => time.Low is { } low && time.High is { } high ? (xs[k] - (100 * low / time.Before!.Value), (100 * high / time.Before!.Value) - xs[k]) : (0, 0))];
            double[] none = new double[xs.Length];
            plot.Add.Plottable(new ErrorBar(xs, ys, [.. spans.Select(span => span.Less)], [.. spans.Select(span => span.More)], none, none) { Color = color.WithAlpha(0.5), LineWidth = 1 });
            Scatter points = plot.Add.ScatterPoints(xs, ys, color);
            points.MarkerShape = shape;
            points.MarkerSize = 8;
            keys.Add(new LegendKey(names[i]) { Marker = new MarkerStyle(shape, 8, color) });
        }
        Dashes.Add(plot, [new Coordinates(0, 0), new Coordinates(1.05 * most, 1.05 * most)], Colors.Gray);
        plot.Axes.SetLimits(0, 1.05 * most, 0, 1.05 * most);
        double[] errors = [.. shown.SelectMany(Measured).Select(time => Math.Abs(time.Found!.Value / time.Promised!.Value - 1))];
        Array.Sort(errors);
        string said = FormattableString.Invariant($"{errors.Length} changes, half of them within {errors[(errors.Length - 1) / 2]:P0} of the prediction; bars: its interval by earlier errors; dashed: as predicted");
        return new Figure("Predicted and measured step times", said, sheet, keys, (0.7f * sheet.Width) + 40, new Panel(plot));
    }

    private static RunStepTime[] Measured(PlottedRun run) => [.. run.Summary?.StepTimes.Where(time => time is { Before: > 0, Promised: > 0, Found: > 0 }) ?? []];
}
