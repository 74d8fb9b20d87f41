using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>What an evaluation found.</summary>
/// <param name="Loss">Mean cross entropy over the samples.</param>
/// <param name="Accuracy">The fraction of samples whose largest logit is their label's.</param>
public readonly record struct LossAndAccuracy(double Loss, double Accuracy);

/// <summary>Measurements of a model on data: in evaluation mode, without a graph, without augmentation, counted as <see cref="CostKind.Evaluation"/>.</summary>
public static class Metrics
{
    private const int BatchSize = 256;

    /// <summary>The fraction of samples that are classified right.</summary>
    public static double Accuracy(Module model, DataSet data) => Evaluate(model, data, new AccuracyMetric())[0].Scalar;

    /// <summary>Loss and accuracy.</summary>
    public static LossAndAccuracy Evaluate(Module model, DataSet data)
    {
        MetricValue[] found = Evaluate(model, data, new LossMetric(), new AccuracyMetric());
        return new LossAndAccuracy(found[0].Scalar, found[1].Scalar);
    }

    /// <summary>Any metrics in one pass over the data, in the order given. Waits for the device once a batch: logits are read to the host.</summary>
    /// <exception cref="ShapeException">The model takes other samples, or does not give a row of logits a sample with at least a column a class.</exception>
    public static MetricValue[] Evaluate(Module model, DataSet data, params IReadOnlyList<IMetric> metrics)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(metrics);
        using CostScope booking = data.Device.Counters.For(CostKind.Evaluation);
        using ModuleModes modes = model.EvalScope();
        using GradMode.Restore mode = GradMode.Disable();
        Accumulate(model, data, metrics);
        return [.. metrics.Select(metric => metric.Value())];
    }

    private static void Accumulate(Module model, DataSet data, IReadOnlyList<IMetric> metrics)
    {
        double[] values = [];
        int start = 0;
        foreach (Batch batch in data.Plain(BatchSize))
        {
            using var scope = new Scope();
            Tensor logits = model.Forward(batch.Inputs);
            Check(logits, batch.Count, data);
            if (start == 0)
            {
                // The first batch is the largest.
                values = new double[logits.Shape.Count];
                foreach (IMetric metric in metrics) metric.Begin(logits.Shape[1]);
            }
            Span<double> read = values.AsSpan(0, logits.Shape.Count);
            logits.CopyTo(read);
            var measured = new MetricBatch(logits, batch.Labels, read, data.Host.Labels.AsSpan(start, batch.Count));
            foreach (IMetric metric in metrics) metric.Accumulate(in measured);
            start += batch.Count;
        }
    }

    private static void Check(Tensor logits, int count, DataSet data)
    {
        if (logits.Shape.Rank != 2 || logits.Shape[0] != count || logits.Shape[1] < data.ClassCount)
            throw new ShapeException($"Evaluation: needs logits of shape ({count}, {data.ClassCount} or more) for {count} samples in {data.ClassCount} classes, found {logits.Shape}.");
    }
}
