using System.CommandLine;
using System.Globalization;
using CsvHelper;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze runs</c>: the runs in a folder.</summary>
internal static class RunsVerb
{
    private static readonly string[] Columns = ["run", "model", "data", "policy", "seed", "epochs", "steps", "state", "testAccuracy", "flops", "savedFlops", "seconds", "primary", "testPrimary"];

    /// <summary>A run; null: it has none of its files.</summary>
    private sealed record Row(string Name, string State, RunSettings? Asked, RunSummary? Found);

    public static Command Create(IAnsiConsole console, TextWriter output, TextWriter error)
    {
        var folder = new Argument<string>("folder") { HelpName = "FOLDER", Description = "The folder with the runs' folders [runs]", DefaultValueFactory = _ => "runs" };
        var asCsv = new Option<bool>("--csv") { Description = "As CSV, with every column" };
        Verb command = new Verb("runs", "Lists the runs in a folder, in the order of their names: what was trained how, and what came of it.")
            .With("Options", asCsv)
            .Example("runs --csv > runs.csv", "every run in ./runs for a spreadsheet");
        command.Add(folder);
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(folder)!;
            if (!Directory.Exists(path)) throw new ArgumentException($"no folder '{path}'.");
            Row[] rows = [.. Directory.GetDirectories(path).Order(StringComparer.Ordinal).Select(run => Read(run, error)).OfType<Row>()];
            if (parsed.GetValue(asCsv)) Csv(output, rows);
            else if (rows.Length == 0) console.WriteLine($"no runs in {path}");
            else Print(console, rows);
            return rows.Any(row => row.State == "damaged") ? FreezeCommand.Failed : 0;
        });
        return command;
    }

    private static Row? Read(string folder, TextWriter error)
    {
        string name = Path.GetFileName(folder);
        bool hasConfig = File.Exists(Path.Combine(folder, "config.json")), hasSummary = File.Exists(Path.Combine(folder, "summary.json"));
        if (!hasConfig && !hasSummary) return null;
        try
        {
            RunSettings? asked = hasConfig ? RunFolder.ReadConfig(folder) : null;
            RunSummary? found = hasSummary ? RunFolder.ReadSummary(folder) : null;
            // Settings without a summary: it was killed, or is still at it.
            return new Row(name, found is null ? "unfinished" : found.Failure is not null ? "failed" : found.Cancelled ? "stopped" : found.AtChance ? "at chance" : "done", asked, found);
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"warning: {exception.Message}");
            return new Row(name, "damaged", null, null);
        }
    }

    private static void Print(IAnsiConsole console, Row[] rows)
    {
        Table table = Tables.New("run", "model", "policy", "seed", "accuracy", "saved", "seconds", "state");
        foreach (int right in (int[])[3, 4, 5, 6]) table.Columns[right].RightAligned().NoWrap();
        foreach (Row row in rows)
        {
            RunSummary? found = row.Found;
            table.AddRow(
                Markup.Escape(row.Name), Markup.Escape(found?.Model ?? row.Asked?.Model ?? ""), Markup.Escape(found?.Policy ?? row.Asked?.PolicyText ?? ""), $"{found?.Seed ?? row.Asked?.Seed}", found?.TestAccuracy is null && found?.Test.GetValueOrDefault(found.Primary) is { } other ? TrainView.Shown(found.Primary, other, "") : Percent(found?.TestAccuracy, "P2"),
                Percent(found?.Saved.TotalFlops is { } saved ? Math.Max(0, saved) : null, "P0"), found is null ? "" : found.Seconds.Total.ToString("F0", CultureInfo.InvariantCulture), row.State);
        }
        Tables.Write(console, table);
    }

    private static void Csv(TextWriter output, Row[] rows)
    {
        using var csv = new CsvWriter(output, CultureInfo.InvariantCulture, leaveOpen: true);
        foreach (string column in Columns) csv.WriteField(column);
        csv.NextRecord();
        foreach (Row row in rows)
        {
            RunSummary? found = row.Found;
            csv.WriteField(row.Name);
            csv.WriteField(found?.Model ?? row.Asked?.Model);
            csv.WriteField(found?.Data ?? row.Asked?.Data);
            csv.WriteField(found?.Policy ?? row.Asked?.PolicyText);
            csv.WriteField(found?.Seed ?? row.Asked?.Seed);
            csv.WriteField(found?.Epochs);
            csv.WriteField(found?.Steps);
            csv.WriteField(row.State);
            csv.WriteField(found?.TestAccuracy);
            csv.WriteField(found?.Flops.Total);
            csv.WriteField(found?.Saved.TotalFlops);
            csv.WriteField(found?.Seconds.Total);
            csv.WriteField(found?.Primary);
            csv.WriteField(found?.Test.GetValueOrDefault(found.Primary));
            csv.NextRecord();
        }
    }

    private static string Percent(double? part, string format) => part?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
