using System.Globalization;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>What a fork came to, beside its run.</summary>
internal static class ForkReport
{
    /// <summary>What is done differently.</summary>
    public static string Words(Fork fork) =>
        fork.Keeps is { } kept ? $"'{kept}' is not frozen from step {fork.Step} on"
        : fork.Freezes is { } one ? $"'{one}' is frozen at step {fork.Step}"
        : $"the first {(fork.Prefix == 1 ? "unit is" : $"{fork.Prefix} units are")} frozen at step {fork.Step}";

    public static void Print(IAnsiConsole console, Fork fork, RunSummary run, RunSummary forked)
    {
        Table table = Tables.New("", "run", "fork", "difference");
        for (int i = 1; i < 4; i++) table.Columns[i].RightAligned().NoWrap();
        foreach (string metric in new[] { "loss", run.Primary }.Distinct().Where(run.Test.ContainsKey)) Row($"{metric} on test data", run.Test[metric], forked.Test.GetValueOrDefault(metric), "F4");
        // What deciding costs is left out: a fork repeats decisions, and measures nothing for them.
        Row("operations of training, GFLOP", Training(run) / 1e9, Training(forked) / 1e9, "F2");
        Row("seconds", run.Seconds.Total, forked.Seconds.Total, "F1");
        console.WriteLine();
        Tables.Write(console, table);

        void Row(string what, double? before, double? after, string format) => table.AddRow(what, Shown(before, format), Shown(after, format), Shown(after - before, $"+{Zeros(format)};-{Zeros(format)};0"));
    }

    private static double Training(RunSummary summary) => summary.Flops.Total - summary.Flops.Controller - summary.Flops.Probe;

    private static string Zeros(string format) => $"0.{new string('0', format[1] - '0')}";

    private static string Shown(double? value, string format) => value is { } number ? number.ToString(format, CultureInfo.InvariantCulture) : "";
}
