using ResearchFreeze.Training;

namespace ResearchFreeze.Plots;

/// <summary>What was measured while a run went on, each as (steps taken, value).</summary>
/// <param name="BatchLoss">Training loss of single batches.</param>
/// <param name="EpochLoss">Mean training loss of epochs, at their ends.</param>
/// <param name="ValidationLoss">Loss on validation data.</param>
/// <param name="ValidationAccuracy">Accuracy on validation data.</param>
public sealed record Curves(
    IReadOnlyList<(int Step, double Value)> BatchLoss, IReadOnlyList<(int Step, double Value)> EpochLoss, IReadOnlyList<(int Step, double Value)> ValidationLoss, IReadOnlyList<(int Step, double Value)> ValidationAccuracy)
{
    /// <summary>Whether nothing was measured.</summary>
    public bool IsEmpty => BatchLoss.Count + EpochLoss.Count + ValidationLoss.Count + ValidationAccuracy.Count == 0;

    /// <summary>The curves of a run's metrics. What is not finite is left out.</summary>
    public static Curves Of(IReadOnlyList<MetricRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        MetricRow[] ends = [.. rows.Where(EndsAnEpoch)];
        return new Curves(Points(rows.Where(row => !EndsAnEpoch(row)), row => row.TrainLoss), Points(ends, row => row.TrainLoss), Points(ends, row => row.ValidationLoss), Points(ends, row => row.ValidationAccuracy));
    }

    /// <summary>Whether a row is an epoch's, with its mean training loss, and not a batch's.</summary>
    internal static bool EndsAnEpoch(MetricRow row) => row.ValidationLoss is not null || row.ValidationAccuracy is not null;

    private static (int Step, double Value)[] Points(IEnumerable<MetricRow> rows, Func<MetricRow, double?> value) =>
        [.. rows.Select(row => (row.Step, Value: value(row) ?? double.NaN)).Where(point => double.IsFinite(point.Value))];
}
