using System.Globalization;
using ResearchFreeze.Evaluation;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>A plan in a terminal: what is run how often, and how long it will take.</summary>
internal static class ComparePrint
{
    private const int Labels = 14;

    public static void Plan(IAnsiConsole console, TextWriter output, ComparisonPlan plan, ShortRun measured, IReadOnlyList<string> remarks, bool withCommands)
    {
        ulong first = plan.Seeds[0];
        int width = console.Profile.Out.IsTerminal ? console.Profile.Width : int.MaxValue;
        PlannedRun[] one = [.. plan.All.Where(run => run.Seed == first)];
        if (withCommands)
        {
            string which = plan.Seeds.Count == 1 ? "The commands:" : $"The commands of seed {first}; those of the others differ in the seed and the folder:";
            foreach (string line in WordWrap.Lines("", which, width, 0)) output.WriteLine(line);
            output.WriteLine();
            foreach (PlannedRun run in one) Command(run.Command);
        }
        Table table = Tables.New("run", "for", "steps", "runs");
        foreach (int right in (int[])[2, 3]) table.Columns[right].RightAligned().NoWrap();
        foreach (PlannedRun run in one) table.AddRow(Markup.Escape(run.Role == RunRole.Control ? run.Name[..^$"-s{first}".Length] : run.Method), Purpose(plan, run), Steps(run, measured).ToString(CultureInfo.InvariantCulture), plan.Seeds.Count.ToString(CultureInfo.InvariantCulture));
        Tables.Write(console, table);
        Line("runs", $"{plan.All.Count}, {plan.Seeds.Count} {(plan.Seeds.Count == 1 ? "seed" : "seeds")}, {(plan.Jobs == 1 ? "one at a time" : $"{plan.Jobs} at a time")}");
        foreach (string remark in remarks) Line("note", remark);
        if (ControlLengths.Equal(measured.TotalSteps) is { } equal) Line("warning", equal);
        foreach (string control in plan.NotRun) Line("not run", control);
        double seconds = plan.All.Sum(run => measured.Seconds(Steps(run, measured))) / plan.Jobs;
        Line("time", string.Create(CultureInfo.InvariantCulture, $"about {Duration(seconds)} without what freezing saves, by {measured.Steps} steps of full training measured here: {measured.SecondsAStep * 1000:F1} ms a step"));

        void Line(string label, string text)
        {
            foreach (string line in WordWrap.Lines(label.PadRight(Labels), text, width, Labels)) output.WriteLine(line);
        }

        // Broken between options, as a shell reads it; what is quoted cannot be.
        void Command(string command)
        {
            if (width == int.MaxValue || command.Contains('\'', StringComparison.Ordinal))
            {
                output.WriteLine(command);
                return;
            }
            string line = "";
            foreach (string part in command.Split(" --").Select((part, i) => i == 0 ? part : $" --{part}"))
            {
                if (line.Length + part.Length + 2 > width)
                {
                    output.WriteLine($"{line} \\");
                    line = "   ";
                }
                line += part;
            }
            output.WriteLine(line);
        }
    }

    /// <summary>A span of time, in its two largest units.</summary>
    internal static string Duration(double seconds)
    {
        var span = TimeSpan.FromSeconds(Math.Ceiling(seconds));
        return span.TotalMinutes < 1 ? $"{span.Seconds} s" : span.TotalHours < 1 ? $"{span.Minutes} min {span.Seconds} s" : $"{(int)span.TotalHours} h {span.Minutes} min";
    }

    private static int Steps(PlannedRun run, ShortRun measured) => run.Settings.TryGetValue("--steps", out string? steps) ? int.Parse(steps, CultureInfo.InvariantCulture) : measured.TotalSteps;

    private static string Purpose(ComparisonPlan plan, PlannedRun run) => run.Role switch
    {
        RunRole.Control => string.Create(CultureInfo.InvariantCulture, $"control, {100 * run.Fraction:F0} % of full training"),
        RunRole.Prefix or RunRole.Other => Markup.Escape($"control of {plan.ControlsOf}"),
        _ => run.Method == ControlLengths.Never ? "full training" : "method",
    };
}
