using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>What an evaluation found.</summary>
/// <param name="Loss">Mean cross entropy over the samples.</param>
/// <param name="Accuracy">The fraction of samples whose largest logit is their label's.</param>
public readonly record struct LossAndAccuracy(double Loss, double Accuracy);

/// <summary>Measurements of a model on data: in evaluation mode, without a graph, without augmentation, counted as <see cref="CostKind.Evaluation"/>.</summary>
public static partial class Metrics
{
    private const int BatchSize = 256;

    /// <summary>The fraction of samples that are classified right.</summary>
    public static double Accuracy(ModuleBase model, DataSet data) => Evaluate(model, data, new AccuracyMetric())[0].Scalar;

    /// <summary>Loss and accuracy.</summary>
    public static LossAndAccuracy Evaluate(ModuleBase model, DataSet data)
    {
        MetricValue[] found = Evaluate(model, data, new LossMetric(), new AccuracyMetric());
        return new LossAndAccuracy(found[0].Scalar, found[1].Scalar);
    }

    /// <summary>Any metrics in one pass over the data, in the order given. Waits for the device once a batch: logits are read to the host.</summary>
    /// <exception cref="ShapeException">The model takes other samples, or does not give a row of outputs a sample, or a token where labels are of tokens, with at least a column a class, or a column a target.</exception>
    public static MetricValue[] Evaluate(ModuleBase model, DataSet data, params IReadOnlyList<IMetric> metrics)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Evaluate(model, batch => ModelSpec.OfBatch(model, batch), data, metrics);
    }

    /// <summary>The same of a model with any input.</summary>
    /// <param name="model">The model, for the mode that it is in.</param>
    /// <param name="forward">From a batch to the outputs (n, classes or targets).</param>
    /// <param name="data">What it is measured on.</param>
    /// <param name="metrics">What is measured.</param>
    public static MetricValue[] Evaluate(ModuleBase model, Func<Batch, Tensor> forward, DataSet data, params IReadOnlyList<IMetric> metrics) => Evaluate(model, forward, data, null, metrics);

    /// <summary>The same with a forward cache.</summary>
    /// <param name="model">The model, for the mode that it is in.</param>
    /// <param name="forward">From a batch to the outputs.</param>
    /// <param name="data">What it is measured on.</param>
    /// <param name="skip">Whether a batch's values need not be read; null: all are.</param>
    /// <param name="metrics">What is measured.</param>
    internal static MetricValue[] Evaluate(ModuleBase model, Func<Batch, Tensor> forward, DataSet data, HasSamples? skip, IReadOnlyList<IMetric> metrics)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(forward);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(metrics);
        using CostScope booking = data.Device.Counters.For(CostKind.Evaluation);
        using ModuleModes modes = model.EvalScope();
        using GradMode.Restore mode = GradMode.Disable();
        CheckKinds(data.Host, metrics);
        if (data.Host.TokenClassCount > 0) AccumulateTokens(forward, data.ByLength(), metrics);
        else Accumulate(forward, data.ByLength(), skip, metrics);
        return [.. metrics.Select(metric => metric.Value())];
    }

    /// <summary>Finds metrics of classes beside targets, and the other way round.</summary>
    /// <exception cref="ArgumentException">There is one.</exception>
    internal static void CheckKinds(HostDataSet data, IReadOnlyList<IMetric> metrics)
    {
        bool hasTargets = data.TargetCount > 0;
        if (metrics.FirstOrDefault(metric => metric.OfTargets != hasTargets) is { } other)
            throw new ArgumentException($"Metric '{other.Name}' is of {(hasTargets ? "classes" : "numbers to predict")}, and {data.Name} has {(hasTargets ? "numbers to predict" : "classes")}.");
    }

    private static void Accumulate(Func<Batch, Tensor> forward, DataSet data, HasSamples? skip, IReadOnlyList<IMetric> metrics)
    {
        double[] values = [], targets = [];
        int start = 0, wanted = data.Host.TargetCount;
        Normalisation? constants = data.Host.TargetNormalisation;
        IReadOnlyList<double> deviations = constants?.Deviations ?? [];
        foreach (Batch batch in data.Plain(BatchSize, skip))
        {
            using var scope = new Scope();
            Tensor outputs = forward(batch);
            Check(outputs, batch.Count, data);
            if (start == 0)
            {
                // The first batch is the largest.
                values = new double[outputs.Shape.Count];
                targets = new double[batch.Count * wanted];
                foreach (IMetric metric in metrics) metric.Begin(outputs.Shape[1]);
            }
            Span<double> read = values.AsSpan(0, outputs.Shape.Count), right = targets.AsSpan(0, batch.Count * wanted);
            outputs.CopyTo(read);
            if (wanted > 0)
            {
                batch.Targets!.CopyTo(right);
                // Both in the data's own unit.
                for (int i = 0; constants is not null && i < right.Length; i++)
                {
                    read[i] = (read[i] * constants.Deviations[i % wanted]) + constants.Means[i % wanted];
                    right[i] = (right[i] * constants.Deviations[i % wanted]) + constants.Means[i % wanted];
                }
            }
            MetricBatch measured = wanted > 0
                ? new MetricBatch(outputs, read, right, deviations)
                : new MetricBatch(outputs, batch.Labels, read, data.Host.Labels.AsSpan(start, batch.Count));
            foreach (IMetric metric in metrics) metric.Accumulate(in measured);
            start += batch.Count;
        }
    }

    private static void Check(Tensor outputs, int count, DataSet data)
    {
        int targets = data.Host.TargetCount;
        if (targets > 0)
        {
            if (outputs.Shape.Rank != 2 || outputs.Shape[0] != count || outputs.Shape[1] != targets) throw new ShapeException($"Evaluation: needs outputs of shape ({count}, {targets}) for {count} samples with {targets} targets, found {outputs.Shape}.");
            return;
        }
        if (outputs.Shape.Rank != 2 || outputs.Shape[0] != count || outputs.Shape[1] < data.ClassCount)
            throw new ShapeException($"Evaluation: needs logits of shape ({count}, {data.ClassCount} or more) for {count} samples in {data.ClassCount} classes, found {outputs.Shape}.");
    }
}
