using ResearchFreeze.Data;

namespace ResearchFreeze.Training;

/// <summary>The built-in metrics.</summary>
public static class MetricCatalogue
{
    /// <summary>What is always measured.</summary>
    public const string Default = "loss,accuracy";

    /// <summary>A catalogue with all of them, to add more to.</summary>
    public static Catalogue<IMetric> Catalogue()
    {
        var metrics = new Catalogue<IMetric>("metric");
        metrics.Add("loss", "loss", "The task's loss; always measured.", _ => new LossMetric());
        metrics.Add("accuracy", "accuracy", "Part of the samples that are classified rightly.", _ => new AccuracyMetric());
        metrics.Add("macro-f1", "macro-f1", "Mean of the classes' F1 scores.", _ => new MacroF1());
        metrics.Add("ece", "ece[:bins]", "Expected calibration error (Naeini et al. 2015).", spec =>
        {
            int[] bins = spec.Integers();
            return bins.Length <= 1 ? new CalibrationError(bins.Length == 0 ? 15 : bins[0]) : throw new ArgumentException($"'{spec}': takes one number of bins, as in ece:15.");
        });
        metrics.Add("top", "top:k", "Part of the samples whose label is among the k largest outputs.", spec =>
        {
            int[] k = spec.Integers();
            return k is [> 0] ? new TopK(k[0]) : throw new ArgumentException($"'{spec}': takes one number from 1, as in top:5.");
        });
        metrics.Add("auroc", "auroc", "Area under the ROC curve, the mean of each class against the others.", _ => new RocArea());
        metrics.Add("rmse", "rmse", "Root of the mean squared error; always measured in regression.", _ => new RootMeanSquaredError());
        metrics.Add("mae", "mae", "Mean absolute error; always measured in regression.", _ => new MeanAbsoluteError());
        metrics.Add("r2", "r2", "Part of the targets' variance that is explained; always measured in regression.", _ => new DeterminationCoefficient());
        metrics.Add("f1", "f1", "F1 over all labels together, of the task multi-label.", _ => new MicroF1());
        metrics.Add("perplexity", "perplexity", "Exponential of the mean cross entropy; always measured of next tokens.", _ => new Perplexity());
        metrics.Add("confusion", "confusion", "The confusion matrix, for freeze plot and summary.json.", _ => new ConfusionMatrix());
        return metrics;
    }

    /// <summary>What a data set's results are reported with beside the task's metrics (<see cref="DataSplits.Metrics"/>); nothing where the task is no classification.</summary>
    /// <exception cref="ArgumentException">There is no such metric.</exception>
    public static IReadOnlyList<IMetric> OfData(DataSplits data, ITask task)
    {
        ArgumentNullException.ThrowIfNull(data);
        return task is Classification ? [.. data.Metrics.Select(Catalogue().Create)] : [];
    }

    /// <summary>Metrics as they are written on the command line, joined by ','.</summary>
    /// <exception cref="ArgumentException">A metric or a setting is unknown, or a metric is named twice.</exception>
    public static IReadOnlyList<IMetric> Parse(string text, Catalogue<IMetric> catalogue)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(catalogue);
        IMetric[] named = [.. text.Split(',').Select(catalogue.Create)];
        IMetric? twice = named.GroupBy(metric => metric.Name).FirstOrDefault(group => group.Count() > 1)?.First();
        if (twice is not null) throw new ArgumentException($"'{text}': {twice.Name} is given twice.");
        return named;
    }
}
