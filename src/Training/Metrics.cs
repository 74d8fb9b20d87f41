using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>What an evaluation found.</summary>
/// <param name="Loss">Mean cross entropy over the samples.</param>
/// <param name="Accuracy">The fraction of samples whose largest logit is their label's.</param>
public readonly record struct Evaluation(double Loss, double Accuracy);

/// <summary>Measurements of a model on data: in evaluation mode, without a graph, counted as <see cref="CostKind.Evaluation"/>.</summary>
public static class Metrics
{
    private const int BatchSize = 256;

    /// <summary>The fraction of samples that are classified right.</summary>
    public static double Accuracy(Module model, DataSet data) => Evaluate(model, data).Accuracy;

    /// <summary>Loss and accuracy. Waits for the device once a batch: the counts are made on the host.</summary>
    public static Evaluation Evaluate(Module model, DataSet data)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        Device device = data.Device;
        (CostKind kind, int unit) = (device.Counters.Kind, device.Counters.Unit);
        bool wasTraining = model.IsTraining;
        model.Eval();
        double loss = 0;
        int right = 0;
        using GradMode.Restore mode = GradMode.Disable();
        try
        {
            device.Counters.Kind = CostKind.Evaluation;
            foreach (Batch batch in data.Batches(BatchSize))
            {
                using var scope = new Scope();
                Tensor logits = model.Forward(batch.Inputs);
                loss += Loss.CrossEntropy(logits, batch.Labels).Item() * batch.Count;
                right += Right(logits.ToArray(), batch, data);
            }
        }
        finally
        {
            if (wasTraining) model.Train();
            (device.Counters.Kind, device.Counters.Unit) = (kind, unit);
        }
        return new Evaluation(loss / data.Count, right / (double)data.Count);
    }

    private static int Right(float[] logits, Batch batch, DataSet data)
    {
        int right = 0, classes = logits.Length / batch.Count;
        for (int i = 0; i < batch.Count; i++)
        {
            ReadOnlySpan<float> row = logits.AsSpan(i * classes, classes);
            int best = 0;
            for (int c = 1; c < classes; c++)
            {
                if (row[c] > row[best]) best = c;
            }
            if (best == data.Host.Labels[batch.SampleIds.Span[i]]) right++;
        }
        return right;
    }
}
