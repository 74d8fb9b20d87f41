using ResearchFreeze.Training;

namespace ResearchFreeze.Plots;

/// <summary>Runs that differ in nothing but their seed.</summary>
/// <param name="Series">The policy, with model and data where the runs differ in them, and whether they ended early.</param>
/// <param name="Epochs">Epochs that were finished.</param>
/// <param name="Runs">How many.</param>
/// <param name="Operations">Mean operations of training, freezing's own included.</param>
/// <param name="OperationsSpread">Their standard deviation between runs, 0 for one run.</param>
/// <param name="Accuracy">Mean accuracy on test data.</param>
/// <param name="AccuracySpread">Its standard deviation between runs, 0 for one run.</param>
public sealed record AccuracyPoint(string Series, int Epochs, int Runs, double Operations, double OperationsSpread, double Accuracy, double AccuracySpread)
{
    /// <summary>The points of runs that have a test accuracy, by series and epochs.</summary>
    public static IReadOnlyList<AccuracyPoint> Of(IEnumerable<RunSummary> summaries)
    {
        ArgumentNullException.ThrowIfNull(summaries);
        RunSummary[] measured = [.. summaries.Where(summary => summary.TestAccuracy is not null)];
        bool namesModel = measured.Select(summary => summary.Model).Distinct().Count() > 1, namesData = measured.Select(summary => summary.Data).Distinct().Count() > 1;
        return
        [
            .. measured.GroupBy(summary => (Series: SeriesOf(summary, namesModel, namesData), summary.Epochs)).Select(group =>
            {
                (double operations, double spread) = Spread([.. group.Select(summary => (double)summary.Flops.Total)]);
                (double accuracy, double between) = Spread([.. group.Select(summary => summary.TestAccuracy!.Value)]);
                return new AccuracyPoint(group.Key.Series, group.Key.Epochs, group.Count(), operations, spread, accuracy, between);
            }).OrderBy(point => point.Series, StringComparer.Ordinal).ThenBy(point => point.Epochs),
        ];
    }

    private static string SeriesOf(RunSummary summary, bool namesModel, bool namesData)
    {
        string ended = summary.Failure is not null ? ", failed" : summary.Cancelled ? ", cancelled" : "";
        return $"{summary.Policy}{(namesModel ? $", {summary.Model}" : "")}{(namesData ? $", {summary.Data}" : "")}{ended}";
    }

    private static (double Mean, double Deviation) Spread(double[] values)
    {
        double mean = values.Average();
        return (mean, values.Length == 1 ? 0 : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1)));
    }
}
