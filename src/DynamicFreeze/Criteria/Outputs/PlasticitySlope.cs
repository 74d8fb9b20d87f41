namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Egeria's test (Wang et al. 2023): the unit's plasticity is smoothed by the mean of the last W values, a straight line is fitted to the last W smoothed ones, and the score is |its slope| over the largest |slope| that the
/// unit has shown. After a thaw W is halved. No opinion before W observations of a stretch.
/// </summary>
/// <param name="window">W; at least 2.</param>
public sealed class PlasticitySlope(int window = 10) : ICriterion
{
    private const int Most = 1 << 12;

    private readonly int window = window is >= 2 and <= Most ? window : throw new ArgumentOutOfRangeException(nameof(window), $"plasticity-slope: the window must be at least 2 and at most {Most}, found {window}.");

    /// <inheritdoc/>
    public string Name => "plasticity-slope";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"window={window}");

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new Plasticity()];

    /// <inheritdoc/>
    public string Finished => "its plasticity has stopped changing";

    /// <inheritdoc/>
    public string Unfinished => "its plasticity still changes";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        bool isThawed = history.Count < history.All.Count;
        int length = isThawed ? Math.Max(2, window / 2) : window;
        if (history.Count < length) return double.NaN;
        double[] values = [.. Enumerable.Range(0, history.Count).Select(i => Plasticity.Of(history[i]))];
        double now = Slope(values, values.Length, length), largest = now;
        // Earlier in this stretch; what was steep before a thaw counts by the stretch's own slopes only, which are of the same length.
        for (int end = length; end < values.Length; end++)
        {
            double slope = Slope(values, end, length);
            if (double.IsFinite(slope) && slope > largest) largest = slope;
        }
        return largest > 0 && double.IsFinite(now) ? now / largest : double.NaN;
    }

    /// <summary>The size of the slope, a check, of the smoothed values of some that end before a place.</summary>
    private static double Slope(double[] values, int end, int length)
    {
        double mean = (length - 1) / 2.0, product = 0, squares = 0;
        for (int i = 0; i < length; i++)
        {
            int at = end - length + i, first = Math.Max(0, at - length + 1);
            double smoothed = 0;
            for (int k = first; k <= at; k++) smoothed += values[k] / (at - first + 1);
            product += (i - mean) * smoothed;
            squares += (i - mean) * (i - mean);
        }
        return Math.Abs(product / squares);
    }
}
