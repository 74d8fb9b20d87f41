using System.Globalization;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Training;

namespace ResearchFreeze.Plots;

/// <summary>A comparison as one page: it needs no network and no script, and fits narrow screens and dark ones.</summary>
internal static class ComparisonPage
{
    /// <summary>By what a page of ours is known.</summary>
    public const string Mark = "<meta name=\"generator\" content=\"freeze report\">";

    private const string Style = """
        :root { color-scheme: light dark; --ink: #222; --quiet: #555; --line: #ddd; --paper: #fff; --shade: #f5f5f5; }
        body { margin: 0 auto; max-width: 1240px; padding: 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
        h1 { font-size: 1.5rem; } h1, h2, h3, p, li, figcaption { overflow-wrap: anywhere; } h2 { font-size: 1.2rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
        .wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.9rem; margin: 0.5rem 0 1rem; font-variant-numeric: tabular-nums; }
        .note { color: var(--quiet); font-size: 0.9rem; margin-bottom: 0; }
        th, td { padding: 0.25rem 0.7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; } th:first-child { text-align: left; }
        figure { margin: 1.5rem 0; } figure svg { display: block; width: 100%; height: auto; } figcaption { color: var(--quiet); font-size: 0.9rem; }
        .narrow { display: none; } pre { overflow-x: auto; background: var(--shade); padding: 0.7rem; font-size: 0.8rem; } code { overflow-wrap: anywhere; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; } dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
        @media (max-width: 700px) { .broad { display: none; } .narrow { display: block; } dl { grid-template-columns: 1fr; } dd { margin-bottom: 0.4rem; } }
        @media (prefers-color-scheme: dark) { :root { --ink: #ddd; --quiet: #aaa; --line: #333; --paper: #121212; --shade: #1c1c1c; } figure svg { filter: invert(0.93) hue-rotate(180deg); } }
        @media print { details { display: block; } }
        """;

    /// <summary>The page.</summary>
    public static string Of(ComparisonResult result, RunCatalogues catalogues)
    {
        IReadOnlyDictionary<string, string> settings = result.Reference.Runs[0].Plan.Settings;
        string title = $"{settings["--model"]} on {settings["--data"]}: {result.Plan.Methods.Count} {(result.Plan.Methods.Count == 1 ? "method" : "methods")} compared";
        var page = new Html();
        page.Raw("<!doctype html>").Raw($"<html lang=\"en\"><head><meta charset=\"utf-8\">{Mark}<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{Html.Escaped(title)}</title><style>{Style}</style></head><body>");
        page.Raw($"<h1>{Html.Escaped(title)}</h1>").Paragraph("Did freezing buy more than training less would have? Every method is run with the same seeds, data and recipe as full training, and as full training made shorter, whose schedule ends with it.");
        page.List(result.Remarks);
        Summary(page, result);
        foreach ((string name, string caption, Func<Sheet, Figure> draw) in ComparisonPictures.Of(result)) Picture(page, name, caption, draw);
        Pairs(page, result);
        Controls(page, result);
        page.Heading("When units were frozen");
        (string, string, Func<Sheet, Figure>)[] timelines = [.. ComparisonPictures.Timelines(result, catalogues)];
        if (timelines.Length == 0) page.Paragraph("No method has a run that is done.");
        foreach ((string name, string caption, Func<Sheet, Figure> draw) in timelines) Picture(page, name, caption, draw);
        Savings(page, result);
        Prices(page, result);
        Memory(page, result);
        ComparisonProtocol.Write(page, result);
        return page.Raw("</body></html>").ToString();
    }

    private static void Summary(Html page, ComparisonResult result)
    {
        string primary = result.Plan.Primary;
        bool hasBoth = primary != "loss";
        page.Heading("What each method gave");
        page.Table(
            $"Means over seeds; differences from full training, paired by seed, with 95 % intervals{(primary == "accuracy" ? "; accuracy in points" : "")}. ECR (equivalent compute ratio): a method's operations over those of the shortest full run that is as good on test data{(hasBoth ? $", by {primary} or by the loss" : "")}; below 1, freezing was worth more than training less.",
            ["method", "seeds", "operations", "seconds", $"Δ {primary}", "Δ loss", .. hasBoth ? [$"ECR by {primary}"] : Array.Empty<string>(), "ECR by loss"],
            result.Methods.Prepend(result.Full).Select(method => (IReadOnlyList<string>)
            [
                method == result.Full ? $"{method.Series.Name} (full training)" : method.Series.Role == RunRole.Prefix ? $"{method.Series.Name} (best static prefix)" : method.Series.Role == RunRole.Other ? $"{method.Series.Name} (control)" : method.Series.Name, Text(method.Series.Counted.Count), Percent(method.Operations?.Mean), Percent(1 - method.SavedSeconds?.Mean),
                ReportText.Difference(result, method, primary), ReportText.Difference(result, method, "loss"), .. hasBoth ? [Ratio(method.PrimaryCompute)] : Array.Empty<string>(), Ratio(method.Compute),
            ]));

        static string Ratio(EquivalentCompute? compute) => compute is null ? "–" : compute.Low is { } low ? $"{compute.Ratio} ({low} to {compute.High})" : $"{compute.Ratio}";
    }

    private static void Pairs(Html page, ComparisonResult result)
    {
        page.Heading("Paired differences");
        page.Table(
            $"{Margins(result.Plan)} p: sign-flip test, adjusted by Holm for all pairs of the endpoint. Seeds needed: to show non-inferiority with 80 % power, by this deviation.",
            ["method − reference", "endpoint", "seeds", "difference", "95 % interval", "deviation", "effect size", "worse at most", "no worse", "p", "p, Holm", "seeds needed"],
            result.Pairs.Select(pair => (IReadOnlyList<string>)
            [
                $"{pair.Method} − {pair.Reference}", pair.Endpoint, Text(pair.Difference.Seeds), ReportText.Number(pair.Difference.Mean, pair.Endpoint), double.IsNaN(pair.Difference.Low) ? "–" : $"{ReportText.Number(pair.Difference.Low, pair.Endpoint)} to {ReportText.Number(pair.Difference.High, pair.Endpoint)} ({pair.Difference.Interval})",
                ReportText.Size(pair.Difference.Deviation, pair.Endpoint), Real(pair.Difference.EffectSize, "F2"), ReportText.Number(pair.NonInferiority?.Bound ?? double.NaN, pair.Endpoint), pair.NonInferiority is { } tested ? tested.IsShown ? "shown" : "not shown" : "–",
                Real(pair.P, "G2"), Real(pair.Adjusted, "G2"), pair.SeedsNeeded is { } needed ? Text(needed) : "–",
            ]));
    }

    /// <summary>What "no worse" means; where no endpoint has a margin, that it means nothing.</summary>
    private static string Margins(ComparisonPlan plan)
    {
        string[] margins = [.. plan.Primary == "accuracy" ? [$"{ComparedPair.AccuracyMargin} points"] : Array.Empty<string>(), .. plan.LossInNats ? [$"{ComparedPair.LossMargin} nats"] : Array.Empty<string>()];
        return margins.Length == 0
            ? "Neither endpoint has a margin below which a difference would not matter: whether a method is no worse is not tested."
            : $"Worse at most: the one-sided 95 % limit, which has to be below the margin ({string.Join(", ", margins)}).";
    }

    private static void Controls(Html page, ComparisonResult result)
    {
        if (result.Plan.ControlsOf is not { } controlled) return;
        page.Heading($"Controls of {controlled}");
        if (result.BestPrefix is { } best)
        {
            page.Paragraph($"Its best static prefix is {best.Name}: of those with no more operations than it (1 % are allowed for), the one with the least loss on validation data; where none is that cheap, the cheapest. Test data were not looked at for that.");
            page.Table("Static prefixes: frozen from the first step on, without any criterion.", ["prefix", "seeds", "operations", "validation loss", "test loss"], result.Series.Where(series => series.Method.StartsWith("static:", StringComparison.Ordinal) && series.Counted.Count > 0).Select(series => (IReadOnlyList<string>)
            [
                series.Name, Text(series.Counted.Count), Percent(series.Counted.Average(run => run.Operations) / result.Reference.Counted.Select(run => run.Operations).DefaultIfEmpty(double.NaN).Average()), Real(series.Mean(run => run.ValidationLoss)?.Mean, "F4"), Real(series.Mean(run => run.Loss)?.Mean, "F4"),
            ]));
        }
        if (result.Plan.NotRun.Count > 0) page.Paragraph("Not run:").List(result.Plan.NotRun);
    }

    private static void Savings(Html page, ComparisonResult result)
    {
        page.Heading("Predicted and measured savings");
        page.Table(
            "Counted: operations and bytes that were left out, against what the same steps would have taken with nothing frozen. Measured: seconds against full training with the same seed, without evaluation. Operations are a prediction of time only where arithmetic is what takes it.",
            ["method", "operations saved", "backward operations saved", "bytes saved", "seconds saved", "95 %"],
            result.Methods.Where(method => method.Series.Counted.Count > 0).Select(method => (IReadOnlyList<string>)
            [
                method.Series.Name, Percent(Mean(method, summary => summary.Saved.TotalFlops)), Percent(Mean(method, summary => summary.Saved.BackwardFlops)), Percent(Mean(method, summary => 1 - (summary.Bytes.Total / (double)summary.FullTrainingBytes.Total))),
                Percent(method.SavedSeconds?.Mean), method.SavedSeconds is { } saved && !double.IsNaN(saved.Low) ? $"{Percent(saved.Low)} to {Percent(saved.High)}" : "–",
            ]));
    }

    private static void Prices(Html page, ComparisonResult result)
    {
        if (result.Prices.Count == 0) return;
        page.Heading("Expected and paid loss");
        page.Table(
            "Expected: what was known at the freezes that stand at a run's end, mean over seeds. Paid: test loss against full training with the same seed.",
            ["method", "seeds", "expected", "paid", "95 %", "paid over expected"],
            result.Prices.Select(price => (IReadOnlyList<string>)
            [
                price.Method, Text(price.Paid.Seeds), Real(price.Expected, "F4"), Real(price.Paid.Mean, "F4"), double.IsNaN(price.Paid.Low) ? "–" : $"{Real(price.Paid.Low, "F4")} to {Real(price.Paid.High, "F4")}", Real(price.Ratio, "F2"),
            ]));
    }

    private static void Memory(Html page, ComparisonResult result)
    {
        page.Heading("Memory");
        page.Table("Most bytes alive at a time, mean over seeds, in MB.", ["runs", "activations", "of these saved for backward", "gradients", "optimizer", "process"], result.Methods.Select(method => method.Series).Prepend(result.Reference).Where(series => series.Counted.Count > 0).Select(series => (IReadOnlyList<string>)
        [
            series.Name, Mega(series, peak => peak.Activations), Mega(series, peak => peak.Saved), Mega(series, peak => peak.Gradients), Mega(series, peak => peak.Optimizer), Mega(series, peak => peak.Process),
        ]));
    }

    private static void Picture(Html page, string name, string caption, Func<Sheet, Figure> draw) =>
        page.Raw("<figure>").Raw($"<div class=\"broad\">{InlineSvg.Of(draw(new Sheet(1000)), $"b-{Plain(name)}", caption)}</div>").Raw($"<div class=\"narrow\">{InlineSvg.Of(draw(new Sheet(400)), $"n-{Plain(name)}", caption)}</div>")
            .Raw($"<figcaption>{Html.Escaped(caption)}</figcaption></figure>");

    private static string Plain(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));

    private static double? Mean(ComparedMethod method, Func<RunSummary, double?> number) => method.Series.Counted.Select(run => number(run.Summary!)).Average();

    private static string Mega(ComparedSeries series, Func<RunPeakBytes, long> number) => Real(series.Counted.Average(run => number(run.Summary!.PeakBytes)) / 1e6, "F1");

    private static string Percent(double? part) => part is { } value && double.IsFinite(value) ? string.Create(CultureInfo.InvariantCulture, $"{100 * value:F1} %") : "–";

    private static string Real(double? value, string form) => value is { } number && double.IsFinite(number) ? number.ToString(form, CultureInfo.InvariantCulture) : "–";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
