using ResearchFreeze.Autograd;

namespace ResearchFreeze.Training;

/// <summary>A batch's logits and labels, on the host and on the device. Its spans are valid during the call.</summary>
public readonly ref struct MetricBatch
{
    /// <param name="logits">On the device (n, classes).</param>
    /// <param name="labels">On the device (n).</param>
    /// <param name="hostLogits">The same, row after row.</param>
    /// <param name="hostLabels">The same.</param>
    /// <exception cref="ShapeException">There are no samples, or the logits are not as many a sample.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is no column of the logits; the message has it and its sample.</exception>
    public MetricBatch(Tensor logits, IntTensor labels, ReadOnlySpan<double> hostLogits, ReadOnlySpan<int> hostLabels)
    {
        if (hostLabels.IsEmpty || hostLogits.IsEmpty || hostLogits.Length % hostLabels.Length != 0)
            throw new ShapeException($"Metric: {hostLabels.Length} labels need as many rows of logits, at least one, found {hostLogits.Length} logits.");
        int classes = hostLogits.Length / hostLabels.Length;
        for (int sample = 0; sample < hostLabels.Length; sample++)
        {
            // Metrics count by label: one beyond the columns would be counted for something else.
            if ((uint)hostLabels[sample] >= (uint)classes)
                throw new ArgumentOutOfRangeException(nameof(hostLabels), $"Metric: label {hostLabels[sample]} of sample {sample} in the batch is not in [0, {classes}).");
        }
        (DeviceLogits, DeviceLabels) = (logits, labels);
        Logits = hostLogits;
        Labels = hostLabels;
    }

    /// <summary>Logits on the device (n, classes), for metrics that are tensor code.</summary>
    public Tensor DeviceLogits { get; }

    /// <summary>Labels on the device (n).</summary>
    public IntTensor DeviceLabels { get; }

    /// <summary>Logits, row after row.</summary>
    public ReadOnlySpan<double> Logits { get; }

    /// <summary>The class of each sample.</summary>
    public ReadOnlySpan<int> Labels { get; }

    /// <summary>The number of samples.</summary>
    public int Count => Labels.Length;

    /// <summary>Columns of the logits.</summary>
    public int Classes => Logits.Length / Labels.Length;

    /// <summary>The logits of one sample.</summary>
    public ReadOnlySpan<double> Row(int sample) => Logits.Slice(sample * Classes, Classes);

    /// <summary>The class with a sample's largest logit; of equal ones the first.</summary>
    public int Predicted(int sample)
    {
        ReadOnlySpan<double> row = Row(sample);
        int best = 0;
        for (int c = 1; c < row.Length; c++)
        {
            if (row[c] > row[best]) best = c;
        }
        return best;
    }

    /// <summary>The logarithm of the sum of the exponentials of a sample's logits, without overflow; NaN where a logit is.</summary>
    public double LogSumExp(int sample)
    {
        ReadOnlySpan<double> row = Row(sample);
        double largest = row[Predicted(sample)], sum = 0;
        foreach (double logit in row) sum += Math.Exp(logit - largest);
        return largest + Math.Log(sum);
    }
}
