using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>
/// Expected calibration error (Guo et al., "On calibration of modern neural networks", ICML 2017): samples are put into bins of equal width by their confidence, the largest softmax probability, and the difference of
/// accuracy and mean confidence of each bin is averaged with the number of its samples. Bin m of M is the interval ((m − 1)/M, m/M]: a confidence on an edge belongs to the bin below. NaN where a logit is not finite.
/// </summary>
public sealed class CalibrationError : IMetric
{
    // More would be finer than any set can fill.
    private const int MostBins = 1 << 16;

    private readonly double[] gaps;
    private int count;

    /// <param name="bins">How many bins; 15 as in the paper.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is none, or more than 65536.</exception>
    public CalibrationError(int bins = 15)
    {
        if (bins is < 1 or > MostBins) throw new ArgumentOutOfRangeException(nameof(bins), $"ece: the number of bins must be in [1, {MostBins}], found {bins}.");
        gaps = new double[bins];
    }

    /// <inheritdoc/>
    public string Name => "ece";

    /// <inheritdoc/>
    public Better Better => Better.Lower;

    /// <inheritdoc/>
    public void Begin(int outputs)
    {
        gaps.AsSpan().Clear();
        count = 0;
    }

    /// <inheritdoc/>
    public void Accumulate(in MetricBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            int predicted = batch.Predicted(i);
            double confidence = Math.Exp(batch.Row(i)[predicted] - batch.LogSumExp(i));
            gaps[Bin(confidence, gaps.Length)] += (predicted == batch.Labels[i] ? 1 : 0) - confidence;
        }
        count += batch.Count;
    }

    /// <inheritdoc/>
    public MetricValue Value()
    {
        // A bin's samples / all × |right / samples − mean confidence| is |right − sum of confidences| / all.
        double sum = 0;
        foreach (double gap in gaps) sum += Math.Abs(gap);
        return new MetricValue(sum / count);
    }

    /// <summary>The bin of a confidence in (0, 1], from 0. Compared with the edges themselves, so that rounding of a product moves nothing across one.</summary>
    internal static int Bin(double confidence, int bins)
    {
        int bin = Math.Clamp((int)(confidence * bins), 0, bins - 1);
        if (bin > 0 && confidence <= bin / (double)bins) return bin - 1;
        return bin < bins - 1 && confidence > (bin + 1) / (double)bins ? bin + 1 : bin;
    }
}
