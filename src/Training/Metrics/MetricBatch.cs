using ResearchFreeze.Autograd;

namespace ResearchFreeze.Training;

/// <summary>A batch's outputs with its labels or its targets, on the host and on the device. Its spans are valid during the call.</summary>
public readonly ref struct MetricBatch
{
    private readonly IReadOnlyList<double>? deviations;
    private readonly IntTensor? labels;

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
        (DeviceLogits, this.labels) = (logits, labels);
        Logits = hostLogits;
        Labels = hostLabels;
        (Count, Classes) = (hostLabels.Length, classes);
    }

    /// <summary>A batch with numbers to predict.</summary>
    /// <param name="outputs">On the device (n, targets), as the model gives them.</param>
    /// <param name="hostOutputs">Row after row, in the data's unit.</param>
    /// <param name="hostTargets">The same.</param>
    /// <param name="deviations">Of each target over the training set, which normalised targets are divided by; empty: they are not.</param>
    /// <exception cref="ShapeException">There are no samples, or not as many outputs as targets.</exception>
    public MetricBatch(Tensor outputs, ReadOnlySpan<double> hostOutputs, ReadOnlySpan<double> hostTargets, IReadOnlyList<double> deviations)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(deviations);
        if (outputs.Shape.Rank != 2 || hostTargets.IsEmpty || hostOutputs.Length != hostTargets.Length || hostOutputs.Length != outputs.Shape.Count)
            throw new ShapeException($"Metric: outputs of shape {outputs.Shape} need as many targets, at least one, found {hostTargets.Length}.");
        (DeviceLogits, Count, Classes, this.deviations) = (outputs, outputs.Shape[0], outputs.Shape[1], deviations);
        Logits = hostOutputs;
        Targets = hostTargets;
    }

    /// <summary>Logits on the device (n, classes), for metrics that are tensor code.</summary>
    public Tensor DeviceLogits { get; }

    /// <summary>Labels on the device (n).</summary>
    /// <exception cref="InvalidOperationException">The data have targets and no classes.</exception>
    public IntTensor DeviceLabels => labels ?? throw new InvalidOperationException("Metric: the data have numbers to predict and no classes.");

    /// <summary>Logits, row after row.</summary>
    public ReadOnlySpan<double> Logits { get; }

    /// <summary>The same, under the name that fits numbers that are predicted: in the data's unit.</summary>
    public ReadOnlySpan<double> Outputs => Logits;

    /// <summary>The class of each sample; none where there are targets.</summary>
    public ReadOnlySpan<int> Labels { get; }

    /// <summary>The targets, row after row, in the data's unit; none where there are classes.</summary>
    public ReadOnlySpan<double> Targets { get; }

    /// <summary>The number of samples.</summary>
    public int Count { get; }

    /// <summary>Columns of the outputs.</summary>
    public int Classes { get; }

    /// <summary>What a difference of a target is divided by to be of the normalised one.</summary>
    public double DeviationOf(int target) => deviations is { Count: > 0 } known ? known[target] : 1;

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
