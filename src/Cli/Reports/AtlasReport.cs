using System.Globalization;
using ResearchFreeze.Evaluation;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>An atlas as a table: what each freeze cost.</summary>
internal static class AtlasReport
{
    public static void Print(IAnsiConsole console, AtlasPlan plan, IReadOnlyList<AtlasRow> rows)
    {
        console.WriteLine();
        console.WriteLine($"price of a freeze in 0.001 nats of loss on test data, and below it what it saved of full training's operations");
        Table table = Tables.New(["step", .. plan.Targets.Select(plan.NameOf)]);
        foreach (TableColumn column in table.Columns) column.RightAligned().NoWrap();
        foreach (int step in plan.At)
        {
            AtlasRow?[] cells = [.. plan.Targets.Select(unit => rows.FirstOrDefault(row => row.Step == step && row.Unit == unit))];
            table.AddRow([$"{step}", .. cells.Select(cell => cell is null ? "failed" : (1000 * cell.Price).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture))]);
            table.AddRow(["", .. cells.Select(cell => cell is null ? "" : cell.Saved.ToString("P0", CultureInfo.InvariantCulture))]);
        }
        Tables.Write(console, table);
    }
}
