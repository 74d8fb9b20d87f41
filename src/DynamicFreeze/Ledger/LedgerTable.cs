using System.Globalization;
using System.Text;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>The ledger as text: per unit what was done of what full training would have done.</summary>
internal static class LedgerTable
{
    private static readonly CostKind[] Kinds = [CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient];

    public static string Of(FreezeLedger ledger, IReadOnlyList<FreezeUnit> units, MachineRates rates)
    {
        var text = new StringBuilder();
        int width = Math.Max(18, units.Max(unit => unit.Path.Length + 2));
        double steps = Math.Max(1, ledger.Steps);
        text.Append("GFLOP done of full".PadRight(width));
        foreach (string column in (string[])["forward", "input gradient", "weight gradient", "kept MB a step", "optimizer MB"]) text.Append(column.PadLeft(18));
        text.AppendLine("state MB".PadLeft(10) + "launches a step".PadLeft(18));
        foreach (FreezeUnit unit in units)
        {
            text.Append(unit.Path.PadRight(width));
            foreach (CostKind kind in Kinds) text.Append(Pair(ledger.Done(unit.Index, kind).Flops / 1e9, Full(ledger, () => ledger.Full(unit.Index, kind).Flops / 1e9)));
            text.Append(Pair(ledger.KeptBytes(unit.Index) / steps / 1e6, Full(ledger, () => ledger.FullKeptBytes(unit.Index) / steps / 1e6)));
            text.Append(Pair(ledger.Done(unit.Index, CostKind.Optimizer).Bytes / 1e6, ledger.Full(unit.Index, CostKind.Optimizer).Bytes / 1e6));
            text.Append((ledger.OptimizerBytes(unit.Index) / 1e6).ToString("F2", CultureInfo.InvariantCulture).PadLeft(10));
            text.AppendLine(Pair(Launches(kind => ledger.Done(unit.Index, kind)) / steps, Full(ledger, () => Launches(kind => ledger.Full(unit.Index, kind)) / steps)));
        }
        if (!ledger.IsFullKnown)
        {
            // A long run must not end in an exception for want of its table.
            return text.Append(CultureInfo.InvariantCulture, $"full training's cost is unknown: no step ran with nothing frozen; call FreezeController.Measure once before the first step\n{ledger.Steps} steps in {ledger.Seconds:F2} s").ToString();
        }
        Cost own = ledger.Done(CostKind.Statistics), probes = ledger.Done(CostKind.Probe);
        text.AppendLine(CultureInfo.InvariantCulture, $"backward operations saved {ledger.SavedBackward:P1}, all operations {ledger.SavedTotal:P1}");
        text.AppendLine(CultureInfo.InvariantCulture, $"freezing's own work: statistics {own.Flops / 1e9:F2} GFLOP, {own.Bytes / 1e6:F1} MB; probes {probes.Flops / 1e9:F2} GFLOP, {probes.Bytes / 1e6:F1} MB");
        if (ledger.Full(CostKind.Communication).Bytes is > 0 and long sent)
            text.AppendLine(CultureInfo.InvariantCulture, $"communication: {ledger.Done(CostKind.Communication).Bytes / 1e6:F2} MB of {sent / 1e6:F2} (saved {ledger.SavedCommunication:P1})");
        if (ledger.IsScaled) text.AppendLine("some batch sizes were never seen unfrozen; their full cost is scaled from the nearest size that was");
        if (ledger.Warning is { } warning) text.AppendLine(warning);
        text.Append(CultureInfo.InvariantCulture, $"{ledger.Steps} steps in {ledger.Seconds:F2} s");
        if (rates.FlopsPerSecond > 0)
            text.Append(CultureInfo.InvariantCulture, $"; bound {ledger.Done().BoundSeconds:F2} s of {ledger.Full().BoundSeconds:F2} s for full training (saved {ledger.SavedPredicted:P1}) at {rates.FlopsPerSecond / 1e9:F0} GFLOP/s and {rates.BytesPerSecond / 1e9:F1} GB/s");
        return text.ToString();
    }

    private static double Launches(Func<CostKind, Cost> cost) => Kinds.Append(CostKind.Optimizer).Sum(kind => cost(kind).Launches);

    private static double Full(FreezeLedger ledger, Func<double> value) => ledger.IsFullKnown ? value() : double.NaN;

    private static string Pair(double done, double full) => string.Create(CultureInfo.InvariantCulture, $"{done:F2} / {(double.IsNaN(full) ? "?" : full.ToString("F2", CultureInfo.InvariantCulture))}").PadLeft(18);
}
