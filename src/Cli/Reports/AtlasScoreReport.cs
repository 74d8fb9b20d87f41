using System.Globalization;
using System.Text.Json;
using ResearchFreeze.Evaluation;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>How far criteria are from knowing when each unit could have been frozen: <c>scripts/atlas_score.py</c> gives the same numbers.</summary>
internal sealed class AtlasScoreReport
{
    private readonly AtlasSet set;
    private readonly (string Criterion, IReadOnlyList<AtlasRegret> At)[] results;

    private AtlasScoreReport(AtlasSet set, (string, IReadOnlyList<AtlasRegret>)[] results) => (this.set, this.results) = (set, results);

    public static string DefaultBudgets { get; } = string.Join(',', AtlasRegret.DefaultBudgets.Select(budget => budget.ToString(CultureInfo.InvariantCulture)));

    public static AtlasScoreReport Of(string[] atlases, string[] criteria, string budgets, AtlasCombine combine)
    {
        double[] limits = [.. budgets.Split(',').Select(word => double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double limit) && double.IsFinite(limit) ? limit : throw new ArgumentException($"--budgets must be numbers joined by ',', as {DefaultBudgets}, found '{budgets}'."))];
        var set = AtlasSet.Read(atlases);
        string[] columns = [AtlasSet.Clock, .. criteria.Length > 0 ? criteria : set.Criteria];
        return new AtlasScoreReport(set, [.. columns.Select(column => (column, set.Regret(column, limits, combine))).OrderBy(result => Mean(result.Item2))]);
    }

    public string Json() => JsonText.Of(writer =>
    {
        writer.WriteNumber("series", set.Series);
        writer.WriteNumber("forks", set.Rows.Count);
        writer.WriteStartArray("results");
        foreach ((string criterion, IReadOnlyList<AtlasRegret> at) in results)
        {
            writer.WriteStartObject();
            writer.WriteString("criterion", criterion);
            writer.WriteNumber("regret", Mean(at));
            writer.WriteStartArray("budgets");
            foreach (AtlasRegret found in at) Write(writer, found);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    });

    public void Print(IAnsiConsole console)
    {
        IReadOnlyList<AtlasRegret> first = results[0].At;
        console.WriteLine($"{set.Series} series of {set.Rows.Count} forks; saved of full training's operations at a price of at most so many nats");
        Table table = Tables.New(["criterion", .. first.Select(found => found.Budget.ToString(CultureInfo.InvariantCulture)), "regret"]);
        for (int i = 1; i < table.Columns.Count; i++) table.Columns[i].RightAligned().NoWrap();
        table.AddRow(["(oracle)", .. first.Select(found => Percent(found.Oracle)), Percent(0)]);
        foreach ((string criterion, IReadOnlyList<AtlasRegret> at) in results) table.AddRow([Markup.Escape(criterion), .. at.Select(found => Percent(found.Saved)), Percent(Mean(at))]);
        Tables.Write(console, table);
    }

    private static double Mean(IReadOnlyList<AtlasRegret> at) => at.Sum(found => found.Regret) / at.Count;

    private static void Write(Utf8JsonWriter writer, AtlasRegret found)
    {
        writer.WriteStartObject();
        writer.WriteNumber("budget", found.Budget);
        writer.WriteNumber("oracle", found.Oracle);
        writer.WriteNumber("saved", found.Saved);
        if (double.IsFinite(found.Threshold)) writer.WriteNumber("threshold", found.Threshold);
        else writer.WriteNull("threshold");
        writer.WriteNumber("overpaid", found.Overpaid);
        writer.WriteNumber("regret", found.Regret);
        writer.WriteEndObject();
    }

    private static string Percent(double part) => (100 * part).ToString("F1", CultureInfo.InvariantCulture) + " %";
}
