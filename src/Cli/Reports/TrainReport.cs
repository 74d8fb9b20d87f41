using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>What is printed at the end of a run: accuracy, time and what freezing saved first, then the work by kind, then the rest.</summary>
internal static class TrainReport
{
    private const int Labels = 14, WidthOfBoth = 78;
    private static readonly (CostKind Kind, string Name)[] Kinds =
    [
        (CostKind.Forward, "forward"), (CostKind.InputGradient, "input gradient"), (CostKind.WeightGradient, "weight gradient"), (CostKind.Optimizer, "optimizer"), (CostKind.Statistics, "controller"), (CostKind.Probe, "probes"), (CostKind.Cache, "cache"), (CostKind.Communication, "communication"),
    ];

    public static void Print(IAnsiConsole console, RunResult result, MachineRates rates)
    {
        FreezeLedger ledger = result.Ledger;
        int width = console.Profile.Out.IsTerminal ? console.Profile.Width : int.MaxValue;
        RunSeconds seconds = result.Seconds;
        console.WriteLine();
        bool isAccuracy = result.Primary == "accuracy";
        string form = isAccuracy ? "P2" : "G5";
        Line($"test {result.Primary}", Text(result.TestPrimary, form));
        if (result.AtChance is { } warning) Line("warning", warning);
        Line("time", string.Create(CultureInfo.InvariantCulture, $"{seconds.Total:F1} s"));
        Line("operations", $"{Against(ledger.SavedTotal)} against full training (backward pass: {Against(ledger.SavedBackward)})");
        if (result.Budget is { } budget) Line("budget", $"{budget}{(budget.IsExceeded ? ": exceeded" : "")}");

        // Where there is no room for both, operations and not bytes.
        bool hasBytes = width >= WidthOfBoth;
        Table work = hasBytes ? Tables.New("work", "GFLOP", "of full", "saved", "GB", "of full", "saved") : Tables.New("work", "GFLOP", "of full", "saved");
        foreach (TableColumn column in work.Columns.Skip(1)) column.RightAligned();
        foreach (TableColumn column in work.Columns) column.NoWrap();
        foreach ((CostKind kind, string name) in Kinds)
        {
            if (kind switch { CostKind.Cache => result.Cache is not null, CostKind.Communication => result.Ranks > 1, _ => true }) AddWork(name, ledger.Done(kind), ledger.Full(kind));
        }
        AddWork("total", ledger.Done(), ledger.Full());
        Tables.Write(console, work);

        foreach (NamedValue metric in result.TestMetrics.Where(metric => metric.Name != "loss" && metric.Name != result.Primary)) Line($"test {metric.Name}", Text(metric.Value, isAccuracy ? "F4" : "G5"));
        Line("best weights", $"{Text(result.BestValidation, form)} on validation data, {Text(result.TestAtBestValidation, form)} on test data");
        Line("training loss", $"{Text(result.FinalTrainLoss, "F4")} in the last epoch");
        Line("steps", $"{result.Steps} in {result.Epochs} {(result.Epochs == 1 ? "epoch" : "epochs")}{(result.IsCancelled ? ", cancelled" : result.StoppedEarly is { } why ? $", stopped early: {why}" : "")}");
        if (result.Ranks > 1) Line("ranks", string.Create(CultureInfo.InvariantCulture, $"{result.Ranks}, of which work and times are the first one's; it waited {seconds.Communication:F2} s for the others"));
        Line("seconds", string.Create(CultureInfo.InvariantCulture,
            $"forward {seconds.Forward:F2}, backward {seconds.Backward:F2}, optimizer {seconds.Optimizer:F2}, controller {seconds.Controller:F2}{(seconds.Repeated > 0 ? $", steps repeated whole {seconds.Repeated:F2}" : "")}, data {seconds.Data:F2}, evaluation {seconds.Evaluation:F2}"));
        Line("roofline", string.Create(CultureInfo.InvariantCulture,
            $"{ledger.Done().BoundSeconds:F2} s, {ledger.Full().BoundSeconds:F2} s for full training: {Against(ledger.SavedPredicted)} (at {rates.FlopsPerSecond / 1e9:F0} GFLOP/s, {rates.BytesPerSecond / 1e9:F1} GB/s)"));
        if (result.Cache is { } cache)
        {
            Line("cache", cache.Read + cache.Computed == 0
                ? "nothing at the model's input was frozen, so nothing was kept"
                : string.Create(CultureInfo.InvariantCulture,
                    $"{(result.CachedUpTo is { } stage ? $"up to '{stage}'" : "not in use at the end")}: {cache.Read} samples read, {cache.Computed} computed, {Mega(cache.Bytes)} kept, {cache.ReadSeconds:F2} s reading, {cache.WriteSeconds:F2} s writing"));
        }
        if (result.Graphs is { } graphs)
        {
            Line("graphs", string.Create(CultureInfo.InvariantCulture,
                $"{graphs.Replays} of {graphs.Replays + graphs.Plain} steps repeated as recorded, {graphs.Captures} recorded, {graphs.Evictions} given up, {Mega(graphs.HeldBytes)} kept for them, {graphs.CaptureSeconds:F2} s recording{(graphs.Refusals is { } refusals ? $"; not repeated: {string.Join("; ", refusals)}" : "")}"));
        }
        if (StepTimes(result.Savings) is { } step) Line("a step", step);
        RunPeakBytes peak = result.PeakBytes;
        Line("peak memory", string.Create(CultureInfo.InvariantCulture,
            $"activations {Mega(peak.Activations)} (saved for backward {Mega(peak.Saved)}), gradients {Mega(peak.Gradients)}, optimizer {Mega(peak.Optimizer)}, process {Mega(peak.Process)}"));
        if (result.Settings.FrozenWeights != "float32") Line("weights", string.Create(CultureInfo.InvariantCulture, $"{Mega(result.WeightBytes)} at the end, {(result.PackedWeightBytes == 0 ? "all in float32" : $"of which frozen ones {Mega(result.PackedWeightBytes)} in {result.Settings.FrozenWeights}")}"));
        if (result.Decisions.ExpectedLoss() is { } price) Line("expected cost", string.Create(CultureInfo.InvariantCulture, $"{price:G3} more loss than full training, by what was known at the freezes"));
        if (result.Decisions.Count == 0) Line("frozen", "no unit was frozen");

        void AddWork(string name, Cost done, Cost full)
        {
            string[] bytes = hasBytes ? [Giga(done.Bytes), Giga(full.Bytes), Saved(done.Bytes, full.Bytes)] : [];
            work.AddRow([name, Giga(done.Flops), Giga(full.Flops), Saved(done.Flops, full.Flops), .. bytes]);
        }

        void Line(string label, string text)
        {
            foreach (string line in WordWrap.Lines($"{label.PadRight(Labels)} ", text, width, Labels + 1)) console.WriteLine(line);
        }
    }

    /// <summary>A step's time before the first change of what is frozen, which a run may begin with, and at the end, beside what the promises of all changes make together; null: one of the times was not measured.</summary>
    internal static string? StepTimes(IReadOnlyList<StepSaving> savings)
    {
        if (savings.Count == 0) return null;
        double before = savings[0].Before, found = savings[^1].Found / before, promised = 1;
        foreach (StepSaving each in savings) promised *= each.Promised / each.Before;
        // A step that is repeated is no measure of one that the code takes.
        if (savings[0].IsRepeated != savings[^1].IsRepeated || (savings[^1] is { IsRepeated: true, Found: double.NaN } && double.IsFinite(before)))
            return $"not compared: before the first change steps were {Way(savings[0].IsRepeated)}, and at the end {(double.IsNaN(savings[^1].Found) ? "too few were" : $"they were {Way(savings[^1].IsRepeated)}")}";
        if (!double.IsFinite(found)) return null;
        // A change right behind another has no time before it that a promise could be made from.
        string promise = !double.IsFinite(promised) ? "not promised, since changes lay too close together" : promised <= 1 ? string.Create(CultureInfo.InvariantCulture, $"{1 - promised:P1} promised") : $"{Against(1 - promised)} promised";
        return string.Create(CultureInfo.InvariantCulture, $"{1e3 * before:F2} ms before the first change, {1e3 * savings[^1].Found:F2} at the end: {Against(1 - found)}, {promise}");
    }

    private static string Way(bool isRepeated) => isRepeated ? "repeated as recorded" : "taken by the code";

    /// <summary>What is not done any more is saved; what is done beyond full training is overhead.</summary>
    internal static string Against(double saved) =>
        double.IsNaN(saved) || Math.Abs(saved) < 0.0005 ? "0 % saved" : saved > 0 ? string.Create(CultureInfo.InvariantCulture, $"{saved:P1} saved") : string.Create(CultureInfo.InvariantCulture, $"{-saved:P1} overhead");

    /// <summary>A percentage; with a plus sign where more was done than full training does, and nothing where full training does none of it.</summary>
    private static string Saved(long done, long full)
    {
        if (full == 0) return "";
        double saved = 1 - (done / (double)full);
        return Math.Abs(saved) < 0.0005 ? "0 %" : saved > 0 ? saved.ToString("P1", CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"+{-saved:P1}");
    }

    private static string Giga(long value) => value < 1e13 ? (value / 1e9).ToString("F2", CultureInfo.InvariantCulture) : (value / 1e9).ToString("F0", CultureInfo.InvariantCulture);

    private static string Mega(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F1} MB");

    private static string Text(double value, string format) => double.IsNaN(value) ? "not measured" : value.ToString(format, CultureInfo.InvariantCulture);
}
