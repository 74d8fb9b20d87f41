using System.Globalization;
using System.Text;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>The ledger as text: per unit what was done of what full training would have done.</summary>
internal static class LedgerTable
{
    public static string Of(FreezeLedger ledger, IReadOnlyList<FreezeUnit> units, MachineRates rates)
    {
        var text = new StringBuilder();
        int width = Math.Max(6, units.Max(unit => unit.Path.Length));
        text.AppendLine(CultureInfo.InvariantCulture, $"{"GFLOP done of full".PadRight(width + 2)}{"forward",18}{"input gradient",18}{"weight gradient",18}{"optimizer MB",18}");
        foreach (FreezeUnit unit in units)
        {
            text.Append(unit.Path.PadRight(width + 2).PadRight(18));
            foreach (CostKind kind in (ReadOnlySpan<CostKind>)[CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient])
                text.Append(Pair(ledger.Done(unit.Index, kind).Flops / 1e9, ledger.IsFullKnown ? ledger.Full(unit.Index, kind).Flops / 1e9 : double.NaN));
            text.AppendLine(Pair(ledger.Done(unit.Index, CostKind.Optimizer).Bytes / 1e6, ledger.Full(unit.Index, CostKind.Optimizer).Bytes / 1e6));
        }
        if (!ledger.IsFullKnown)
        {
            // A long run must not end in an exception for want of its table.
            return text.Append(CultureInfo.InvariantCulture, $"full training's cost is unknown: no step ran with nothing frozen; call FreezeController.Measure once before the first step\n{ledger.Steps} steps in {ledger.Seconds:F2} s").ToString();
        }
        text.AppendLine(CultureInfo.InvariantCulture, $"backward operations saved {ledger.SavedBackward:P1}, all operations {ledger.SavedTotal:P1}; freezing's own work {ledger.Done(CostKind.Statistics).Bytes / 1e6:F1} MB");
        if (ledger.IsScaled) text.AppendLine("some batch sizes were never seen unfrozen; their full cost is scaled from the nearest size that was");
        text.Append(CultureInfo.InvariantCulture, $"{ledger.Steps} steps in {ledger.Seconds:F2} s");
        if (rates.FlopsPerSecond > 0)
            text.Append(CultureInfo.InvariantCulture, $"; bound {ledger.Done().BoundSeconds:F2} s of {ledger.Full().BoundSeconds:F2} s for full training (saved {ledger.SavedPredicted:P1}) at {rates.FlopsPerSecond / 1e9:F0} GFLOP/s and {rates.BytesPerSecond / 1e9:F1} GB/s");
        return text.ToString();
    }

    private static string Pair(double done, double full) => string.Create(CultureInfo.InvariantCulture, $"{done:F2} / {(double.IsNaN(full) ? "?" : full.ToString("F2", CultureInfo.InvariantCulture))}").PadLeft(18);
}
