using System.Globalization;
using CsvHelper;

namespace ResearchFreeze.Evaluation;

/// <summary>A comparison's numbers for other programs. Times are in the last columns: all else is the same each time that the runs are made.</summary>
public static class ComparisonTables
{
    private static readonly string[] RunColumns =
    [
        "run", "method", "role", "schedule", "fraction", "seed", "state", "steps", "epochs", "flops", "fullFlops", "savedFlops", "bytes", "testLoss", "primary", "testPrimary", "validationLoss", "peakActivationBytes", "peakSavedBytes",
        "peakGradientBytes", "optimizerBytes", "decisions", "expectedLoss", "seconds", "evaluationSeconds",
    ];

    private static readonly string[] PairColumns =
        ["method", "reference", "endpoint", "seeds", "difference", "low", "high", "interval", "deviation", "effectSize", "margin", "worseAtMost", "nonInferior", "pNonInferior", "pSignFlip", "pHolm", "seedsNeeded"];

    /// <summary>A row a run.</summary>
    public static string Runs(ComparisonResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return Csv(RunColumns, result.Series.SelectMany(series => series.Runs.Select(run => (series, run))).Select(pair =>
        {
            (ComparedSeries series, ComparedRun run) = pair;
            Training.RunSummary? found = run.Summary;
            return (object?[])
            [
                run.Plan.Name, series.Name, series.Role.ToString().ToLowerInvariant(), run.Plan.Settings["--schedule"], run.Plan.Fraction, run.Plan.Seed, run.State.ToString().ToLowerInvariant(), found?.Steps, found?.Epochs,
                found?.Flops.Total, found?.FullTrainingFlops.Total, found?.Saved.TotalFlops, found?.Bytes.Total, found?.Test.GetValueOrDefault("loss"), found?.Primary, found?.Test.GetValueOrDefault(found.Primary), Finite(run.ValidationLoss),
                found?.PeakBytes.Activations, found?.PeakBytes.Saved, found?.PeakBytes.Gradients, found?.PeakBytes.Optimizer, found?.Decisions, found?.ExpectedLoss, found?.Seconds.Total, found?.Seconds.Evaluation,
            ];
        }));
    }

    /// <summary>A row a pair and endpoint. Accuracy is in points.</summary>
    public static string Pairs(ComparisonResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return Csv(PairColumns, result.Pairs.Select(pair => (object?[])
        [
            pair.Method, pair.Reference, pair.Endpoint, pair.Difference.Seeds, pair.Difference.Mean, Finite(pair.Difference.Low), Finite(pair.Difference.High), pair.Difference.Interval, Finite(pair.Difference.Deviation),
            Finite(pair.Difference.EffectSize), pair.NonInferiority?.Margin, Finite(pair.NonInferiority?.Bound), pair.NonInferiority is { } shown ? shown.IsShown ? "yes" : "no" : null, Finite(pair.NonInferiority?.P), pair.P, pair.Adjusted,
            pair.SeedsNeeded,
        ]));
    }

    /// <summary>A table for LaTeX, with the package booktabs: a row a method.</summary>
    public static string Latex(ComparisonResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        ComparisonPlan plan = result.Plan;
        bool hasBoth = plan.Primary != "loss";
        var lines = new List<string>
        {
            "% Written by 'freeze report'; needs \\usepackage{booktabs}. Differences from full training, paired by seed, with 95 % intervals. ECR: operations over those of the shortest full run that is as good.",
            $"\\begin{{tabular}}{{lrrrrr{(hasBoth ? "r" : "")}}}",
            "\\toprule",
            $"method & seeds & operations & {Escaped(plan.Primary)}{(plan.Primary == "accuracy" ? " (points)" : "")} & loss &{(hasBoth ? $" ECR, {Escaped(plan.Primary)} & ECR, loss" : " ECR")} \\\\",
            "\\midrule",
        };
        foreach (ComparedMethod method in result.Methods)
            lines.Add($"{Escaped(method.Series.Name)} & {method.Series.Counted.Count} & {Part(method.Operations?.Mean)} & {Difference(result, method, plan.Primary, "F2")} & {Difference(result, method, "loss", "F4")} & {(hasBoth ? $"{Ratio(method.PrimaryCompute)} & " : "")}{Ratio(method.Compute)} \\\\");
        return string.Join('\n', [.. lines, "\\bottomrule", "\\end{tabular}", ""]);
    }

    private static string Part(double? part) => part is { } value ? string.Create(CultureInfo.InvariantCulture, $"{100 * value:F1}\\,\\%") : "--";

    private static string Difference(ComparisonResult result, ComparedMethod method, string endpoint, string form)
    {
        if (result.Pairs.FirstOrDefault(pair => pair.Method == method.Series.Name && pair.Reference == result.Reference.Name && pair.Endpoint == endpoint)?.Difference is not { } found) return "--";
        string mean = $"${found.Mean.ToString(form, CultureInfo.InvariantCulture)}$";
        return double.IsNaN(found.Low) ? mean : $"{mean} $[{found.Low.ToString(form, CultureInfo.InvariantCulture)}, {found.High.ToString(form, CultureInfo.InvariantCulture)}]$";
    }

    private static string Ratio(EquivalentCompute? compute) => compute is null ? "--" : compute.Low is { } low ? $"${compute.Ratio}$ $[{low}, {compute.High}]$" : $"${compute.Ratio}$";

    private static string Escaped(string text) => string.Concat(text.Select(c => "&%$#_{}".Contains(c, StringComparison.Ordinal) ? $"\\{c}" : $"{c}"));

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    private static string Csv(string[] columns, IEnumerable<object?[]> rows)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using (var csv = new CsvWriter(text, new CsvHelper.Configuration.CsvConfiguration(CultureInfo.InvariantCulture) { NewLine = "\n" }))
        {
            foreach (string column in columns) csv.WriteField(column);
            csv.NextRecord();
            foreach (object?[] row in rows)
            {
                foreach (object? field in row) csv.WriteField(field);
                csv.NextRecord();
            }
        }
        return text.ToString();
    }
}
