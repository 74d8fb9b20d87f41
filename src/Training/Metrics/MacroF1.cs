using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>
/// The mean over classes of F1 = 2·TP / (2·TP + FP + FN), each class counting the same. A class that occurs neither among labels nor among predictions is left out; one that occurs and is never right has 0. That is
/// scikit-learn's <c>f1_score(average="macro", zero_division=0)</c> over the classes that it sees. Of equal logits the first is the prediction.
/// </summary>
public sealed class MacroF1 : IMetric
{
    private long[] right = [];
    private long[] labelled = [];
    private long[] predicted = [];

    /// <inheritdoc/>
    public string Name => "macro-f1";

    /// <inheritdoc/>
    public Better Better => Better.Higher;

    /// <inheritdoc/>
    public void Begin(int outputs) => (right, labelled, predicted) = (new long[outputs], new long[outputs], new long[outputs]);

    /// <inheritdoc/>
    public void Accumulate(in MetricBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            int label = batch.Labels[i], guess = batch.Predicted(i);
            labelled[label]++;
            predicted[guess]++;
            if (label == guess) right[label]++;
        }
    }

    /// <inheritdoc/>
    public MetricValue Value()
    {
        double sum = 0;
        int classes = 0;
        for (int c = 0; c < right.Length; c++)
        {
            // TP + FN are the labels, TP + FP the predictions.
            long both = labelled[c] + predicted[c];
            if (both == 0) continue;
            sum += 2.0 * right[c] / both;
            classes++;
        }
        return new MetricValue(sum / classes);
    }
}
