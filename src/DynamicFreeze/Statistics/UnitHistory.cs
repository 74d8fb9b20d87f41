namespace ResearchFreeze.DynamicFreeze;

/// <summary>The observations of one unit. A frozen unit adds none, unless no statistic reads gradients, weight changes or optimizer state: it reports its last ones, with their age. A thaw begins a new stretch.</summary>
public sealed class UnitHistory
{
    private readonly List<Observation> observations = [];
    // The largest value of a measure among the first observations: without it each check would look through the whole run again.
    private readonly Dictionary<Func<Observation, double>, (int Seen, double Largest)> peaks = [];
    private const int MostPeaks = 8;
    private int stretch;

    /// <summary>Observations since training began or since the last thaw.</summary>
    public int Count => observations.Count - stretch;

    /// <summary>All observations, oldest first, earlier stretches included.</summary>
    public IReadOnlyList<Observation> All => observations;

    /// <summary>An observation of this stretch, oldest first; <c>history[^1]</c> is the latest.</summary>
    public Observation this[Index index] => observations[stretch + index.GetOffset(Count)];

    /// <summary>
    /// A measure of the latest observation as a fraction of the largest finite one the unit has shown, earlier stretches included: an interval that overflowed says nothing about the scale.
    /// NaN for a first observation of a stretch, and where no measure is above zero.
    /// </summary>
    /// <param name="measure">A function of the observation and of nothing that changes: what it gave for an earlier one is remembered where the same function is given again.</param>
    public double FractionOfPeak(Func<Observation, double> measure)
    {
        ArgumentNullException.ThrowIfNull(measure);
        if (Count < 2) return double.NaN;
        (int seen, double largest) = peaks.GetValueOrDefault(measure);
        for (; seen < observations.Count; seen++)
        {
            double value = measure(observations[seen]);
            if (double.IsFinite(value) && value > largest) largest = value;
        }
        // A function that is made anew at each call is never found again.
        if (peaks.Count >= MostPeaks) peaks.Clear();
        peaks[measure] = (seen, largest);
        return largest > 0 ? measure(this[^1]) / largest : double.NaN;
    }

    internal int Stretch => stretch;

    internal void Add(Observation observation) => observations.Add(observation);

    internal void BeginStretch() => stretch = observations.Count;

    internal void Restore(IEnumerable<Observation> all, int stretchStart)
    {
        peaks.Clear();
        observations.Clear();
        observations.AddRange(all);
        stretch = stretchStart;
    }
}
