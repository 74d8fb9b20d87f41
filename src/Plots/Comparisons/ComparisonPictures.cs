using ResearchFreeze.Evaluation;
using ResearchFreeze.Training;

namespace ResearchFreeze.Plots;

/// <summary>The pictures of a comparison: a name, what they show in words, and how they are drawn.</summary>
internal static class ComparisonPictures
{
    public static IEnumerable<(string Name, string Caption, Func<Sheet, Figure> Draw)> Of(ComparisonResult result)
    {
        if (result.Reference.Counted.Count == 0) yield break;
        ComparisonPlan plan = result.Plan;
        bool isAccuracy = plan.Primary == "accuracy";
        string primary = isAccuracy ? "test accuracy (%)" : $"test {plan.Primary}";
        string loss = plan.LossInNats ? "test loss (nats)" : "test loss";
        double full = result.Reference.Counted.Average(run => run.Operations) / 100;
        double Primary(ComparedRun run) => isAccuracy ? 100 * run.Primary : run.Primary;
        yield return Trade("loss-operations", "Held-out loss against operations", "operations of training (% of full training)", loss, run => run.Operations / full, run => run.Loss, false);
        if (plan.Primary != "loss") yield return Trade($"{plan.Primary}-operations", $"{Capital(plan.Primary)} against operations", "operations of training (% of full training)", primary, run => run.Operations / full, Primary, plan.HigherIsBetter);
        yield return Trade("loss-seconds", "Held-out loss against seconds", "seconds of training, without evaluation", loss, run => run.Seconds, run => run.Loss, false);
        if (plan.Primary != "loss") yield return Trade($"{plan.Primary}-seconds", $"{Capital(plan.Primary)} against seconds", "seconds of training, without evaluation", primary, run => run.Seconds, Primary, plan.HigherIsBetter);
        foreach (IGrouping<string, ComparedPair> pairs in result.Pairs.GroupBy(pair => pair.Endpoint))
        {
            string unit = pairs.Key switch
            {
                "loss" => $"{loss}, less is better",
                "accuracy" => "test accuracy (points), more is better",
                _ => $"test {pairs.Key}, {(plan.HigherIsBetter ? "more" : "less")} is better",
            };
            var forest = new ForestPicture($"Differences of {pairs.Key}", $"difference of {unit}", [.. pairs]);
            yield return ($"differences-{pairs.Key}", $"Paired differences of {unit}.", forest.Draw);
        }

        (string, string, Func<Sheet, Figure>) Trade(string name, string title, string across, string along, Func<ComparedRun, double> cost, Func<ComparedRun, double> gain, bool higherIsBetter)
        {
            var picture = new TradePicture(title, across, along, [.. Series(result, cost, gain)], higherIsBetter);
            return (name, $"{title}. Dashed and dotted: full training of several lengths, its schedule ending with it. A method {(higherIsBetter ? "above" : "below")} these curves is worth more than training less.", picture.Draw);
        }
    }

    /// <summary>The timeline of each method: of its first run that is done.</summary>
    public static IEnumerable<(string Name, string Caption, Func<Sheet, Figure> Draw)> Timelines(ComparisonResult result, RunCatalogues catalogues)
    {
        Picture picture = Picture.All.First(picture => picture.Name == "timeline");
        foreach (ComparedMethod method in result.Methods.Where(method => method.Series.Counted.Count > 0))
        {
            ComparedRun run = method.Series.Counted[0];
            PlottedRun[] runs = [PlottedRun.Read(run.Folder, catalogues)];
            if (picture.Lacks(runs) is null) yield return ($"timeline-{run.Plan.Name}", $"{method.Series.Name}, seed {run.Plan.Seed}: blue is frozen.", sheet => picture.Draw(runs, sheet));
        }
    }

    private static IEnumerable<TradeSeries> Series(ComparisonResult result, Func<ComparedRun, double> cost, Func<ComparedRun, double> gain)
    {
        // The lengths stand beside one curve: the other one's points are as long.
        foreach ((int number, IReadOnlyList<ComparedSeries> curve) in result.Curves.Index())
        {
            TradePoint[] points = [.. curve.Where(series => series.Counted.Count > 0).Select(series => Point(series, number > 0 ? "" : FormattableString.Invariant($"{100 * series.Fraction:F0} %")))];
            if (points.Length > 0) yield return new TradeSeries($"full training, {curve[0].Schedule}", points, IsCurve: true);
        }
        if (result.Reference.Role != RunRole.Control) yield return new TradeSeries($"full training, {result.Reference.Schedule}", [Point(result.Reference, "")], IsCurve: false);
        foreach (ComparedMethod method in result.Methods.Where(method => method.Series.Counted.Count > 0)) yield return new TradeSeries(method.Series.Name, [Point(method.Series, "")], IsCurve: false);

        TradePoint Point(ComparedSeries series, string label) => new(label, series.Mean(cost)!, series.Mean(gain)!);
    }

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
