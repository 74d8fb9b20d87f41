namespace ResearchFreeze.DynamicFreeze;

/// <summary>The observations of one unit. A frozen unit adds none: it reports its last ones, with their age. A thaw begins a new stretch.</summary>
public sealed class UnitHistory
{
    private readonly List<Observation> observations = [];
    private int stretch;

    /// <summary>Observations since training began or since the last thaw.</summary>
    public int Count => observations.Count - stretch;

    /// <summary>All observations, oldest first, earlier stretches included.</summary>
    public IReadOnlyList<Observation> All => observations;

    /// <summary>An observation of this stretch, oldest first; <c>history[^1]</c> is the latest.</summary>
    public Observation this[Index index] => observations[stretch + index.GetOffset(Count)];

    internal int Stretch => stretch;

    internal void Add(Observation observation) => observations.Add(observation);

    internal void BeginStretch() => stretch = observations.Count;

    internal void Restore(IEnumerable<Observation> all, int stretchStart)
    {
        observations.Clear();
        observations.AddRange(all);
        stretch = stretchStart;
    }
}
