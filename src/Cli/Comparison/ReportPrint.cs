using System.Globalization;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Plots;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>What a comparison found, in a terminal: a row a method.</summary>
internal static class ReportPrint
{
    private const int WithIntervals = 76;

    public static void Print(IAnsiConsole console, TextWriter output, ComparisonResult result, int width)
    {
        string primary = result.Plan.Primary;
        // Where there is no room for intervals, the page has them.
        bool isNarrow = width < WithIntervals;
        Table table = isNarrow ? Tables.New("method", "ops", $"Δ {primary}", "Δ loss", "ECR") : Tables.New("method", "seeds", "ops", $"Δ {primary}", "Δ loss", "ECR");
        foreach (TableColumn column in table.Columns.Skip(1)) column.RightAligned().NoWrap();
        foreach (ComparedMethod method in result.Methods.Prepend(result.Full))
        {
            string name = Markup.Escape(method.Series.Role is RunRole.Prefix or RunRole.Other ? $"{method.Series.Name} (control)" : method.Series.Name), ratio = method.Compute?.Ratio.ToString() ?? "–";
            string operations = method.Operations is { } part ? string.Create(CultureInfo.InvariantCulture, $"{100 * part.Mean:F0} %") : "–";
            string[] cells = isNarrow ? [name, operations] : [name, method.Series.Counted.Count.ToString(CultureInfo.InvariantCulture), operations];
            table.AddRow([.. cells, ReportText.Difference(result, method, primary, !isNarrow), ReportText.Difference(result, method, "loss", !isNarrow), ratio]);
        }
        Tables.Write(console, table);
        string[] lines =
        [
            $"Differences from full training with the same seed{(isNarrow ? "" : ", ± half of the 95 % interval")}{(primary == "accuracy" ? ", accuracy in points" : "")}. ECR: operations over those of the shortest full run with the same held-out loss; below 1, freezing was worth more than training less.",
            .. ByPrimary(result),
            .. result.Methods.SelectMany(method => Needed(result, method)),
            .. result.Remarks,
        ];
        foreach (string line in lines.SelectMany(line => WordWrap.Lines("", line, width, 0))) output.WriteLine(line);
    }

    /// <summary>The ratios by the primary metric, for which a row of 80 columns has no room.</summary>
    private static IEnumerable<string> ByPrimary(ComparisonResult result)
    {
        string[] ratios = [.. result.Methods.Prepend(result.Full).Where(method => method.PrimaryCompute is not null).Select(method => $"{method.PrimaryCompute!.Ratio} ({method.Series.Name})")];
        return ratios.Length == 0 ? [] : [$"ECR by {result.Plan.Primary} in place of the loss: {string.Join(", ", ratios)}."];
    }

    /// <summary>These seeds as a pilot: how many would show that the method is no worse, if it is not.</summary>
    private static IEnumerable<string> Needed(ComparisonResult result, ComparedMethod method)
    {
        string[] counts = [.. result.Pairs.Where(pair => pair.Method == method.Series.Name && pair.Reference == result.Reference.Name && pair.SeedsNeeded is not null && pair.Difference.Deviation > 0).Select(pair => $"{pair.SeedsNeeded} by {pair.Endpoint}")];
        return counts.Length == 0 ? [] : [$"Seeds that would show {method.Series.Name} to be no worse, if it is not: {string.Join(", ", counts)}."];
    }
}
