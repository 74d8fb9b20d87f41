using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>The table at the end of a run.</summary>
internal static class TrainReport
{
    private static readonly (CostKind Kind, string Name)[] Kinds =
    [
        (CostKind.Forward, "forward"), (CostKind.InputGradient, "input gradient"), (CostKind.WeightGradient, "weight gradient"), (CostKind.Optimizer, "optimizer"), (CostKind.Statistics, "controller"), (CostKind.Probe, "probes"),
    ];

    public static void Print(IAnsiConsole console, RunResult result, MachineRates rates)
    {
        FreezeLedger ledger = result.Ledger;
        Table work = Tables.New("work", "GFLOP done", "of full", "skipped", "GB done", "of full", "skipped");
        foreach ((CostKind kind, string name) in Kinds) AddWork(work, name, ledger.Done(kind), ledger.Full(kind));
        AddWork(work, "total", ledger.Done(), ledger.Full());
        Tables.Write(console, work);

        RunSeconds seconds = result.Seconds;
        Table summary = Tables.New("result", "");
        summary.HideHeaders();
        summary.AddRow("test accuracy", Text(result.TestAccuracy, "P2"));
        foreach (NamedValue metric in result.TestMetrics.Where(metric => metric.Name is not ("loss" or "accuracy"))) summary.AddRow($"test {metric.Name}", Text(metric.Value, "F4"));
        summary.AddRow("best validation accuracy", $"{Text(result.BestValidationAccuracy, "P2")} (test accuracy of those weights {Text(result.TestAccuracyAtBestValidation, "P2")})");
        summary.AddRow("final training loss", Text(result.FinalTrainLoss, "F4"));
        summary.AddRow("steps", $"{result.Steps} in {result.Epochs} epochs{(result.IsCancelled ? ", cancelled" : "")}");
        summary.AddRow("seconds", string.Create(CultureInfo.InvariantCulture,
            $"{seconds.Total:F2}: forward {seconds.Forward:F2}, backward {seconds.Backward:F2}, optimizer {seconds.Optimizer:F2}, controller {seconds.Controller:F2}, data {seconds.Data:F2}, evaluation {seconds.Evaluation:F2}"));
        summary.AddRow("predicted", string.Create(CultureInfo.InvariantCulture,
            $"bound {ledger.Done().BoundSeconds:F2} s of {ledger.Full().BoundSeconds:F2} s for full training, {ledger.SavedPredicted:P1} saved (at {rates.FlopsPerSecond / 1e9:F0} GFLOP/s, {rates.BytesPerSecond / 1e9:F1} GB/s)"));
        RunPeakBytes peak = result.PeakBytes;
        summary.AddRow("peak memory", string.Create(CultureInfo.InvariantCulture,
            $"activations {Mega(peak.Activations)} (saved for backward {Mega(peak.Saved)}), gradients {Mega(peak.Gradients)}, optimizer {Mega(peak.Optimizer)}, process {Mega(peak.Process)}"));
        Tables.Write(console, summary);

        if (result.Decisions.Count == 0) console.WriteLine("no unit was frozen");
        foreach (DecisionEntry decision in result.Decisions) console.WriteLine(decision.ToString());
    }

    private static void AddWork(Table table, string name, Cost done, Cost full) =>
        table.AddRow(name, Giga(done.Flops), Giga(full.Flops), Skipped(done.Flops, full.Flops), Giga(done.Bytes), Giga(full.Bytes), Skipped(done.Bytes, full.Bytes));

    private static string Skipped(long done, long full) => full == 0 ? "" : (1 - (done / (double)full)).ToString("P1", CultureInfo.InvariantCulture);

    private static string Giga(long value) => (value / 1e9).ToString("F2", CultureInfo.InvariantCulture);

    private static string Mega(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F1} MB");

    private static string Text(double value, string format) => double.IsNaN(value) ? "not measured" : value.ToString(format, CultureInfo.InvariantCulture);
}
