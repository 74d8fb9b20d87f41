using System.Globalization;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>Ends a run whose validation metric has not become better for some epochs.</summary>
public sealed class EarlyStop
{
    /// <summary>How it is written.</summary>
    public const string Usage = "patience=3,metric=PRIMARY,margin=0";

    private readonly int patience;
    private readonly double margin;
    private readonly Better better;
    private double best = double.NaN;
    private int since;

    private EarlyStop(int patience, double margin, string metric, Better better) => (this.patience, this.margin, Metric, this.better) = (patience, margin, metric, better);

    /// <summary>The metric that is looked at.</summary>
    public string Metric { get; }

    /// <summary>Reads <c>patience=3,metric=loss,margin=0.001</c>: the epochs without improvement after which a run ends, the metric, and by how much a value must be better to count, in the metric's unit.</summary>
    /// <param name="text">The settings; <c>patience=3</c> is enough.</param>
    /// <param name="metrics">What the run measures.</param>
    /// <param name="primary">The metric where none is named.</param>
    /// <exception cref="ArgumentException">A setting is wrong, or the metric is none of the run's.</exception>
    public static EarlyStop Parse(string text, IReadOnlyList<IMetric> metrics, IMetric primary)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        ArgumentNullException.ThrowIfNull(primary);
        Spec spec = Spec.Parse($"early-stop:{text}");
        int patience = spec.Integer("patience", 3);
        string name = spec.Word("metric", primary.Name);
        double margin = spec.Real("margin", 0);
        spec.Finish();
        if (patience < 1) throw new ArgumentException($"--early-stop: patience must be at least 1 epoch, found {patience}.");
        if (!(margin >= 0 && double.IsFinite(margin))) throw new ArgumentException(FormattableString.Invariant($"--early-stop: margin must be 0 or more, found {margin}."));
        IMetric[] numbers = [.. metrics.Where(metric => !metric.IsTable)];
        IMetric metric = Array.Find(numbers, metric => metric.Name == name) ?? throw new ArgumentException($"--early-stop: the run does not measure '{name}'; it measures {string.Join(", ", numbers.Select(metric => metric.Name))}.");
        return new EarlyStop(patience, margin, name, metric.Better);
    }

    /// <summary>Takes the metric's value after an epoch; NaN is no improvement.</summary>
    /// <returns>Why the run is to end; null: it goes on.</returns>
    public string? Take(double value)
    {
        bool isBetter = double.IsNaN(best) ? !double.IsNaN(value) : better == Better.Higher ? value > best + margin : value < best - margin;
        if (isBetter) (best, since) = (value, 0);
        else since++;
        return since < patience ? null : string.Create(CultureInfo.InvariantCulture, $"{Metric} has not become better than {best:G5} for {since} {(since == 1 ? "epoch" : "epochs")}");
    }

    internal void Save(StateTree state)
    {
        state.Set("best", best);
        state.Set("since", since);
    }

    /// <summary>Reads and checks; what it returns makes the change.</summary>
    internal Action Read(StateTree state)
    {
        double value = state.Real("best");
        int epochs = state.Int32("since");
        return () => (best, since) = (value, epochs);
    }
}
