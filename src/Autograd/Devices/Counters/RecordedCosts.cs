namespace ResearchFreeze.Autograd;

/// <summary>What a recorded step counts: only what is not zero, each with its place.</summary>
internal sealed class RecordedCosts
{
    public (int Primitive, Cost Cost)[] Primitives { get; init; } = [];

    public (int Place, Cost Cost)[] Costs { get; init; } = [];

    public (int Unit, long Bytes)[] Kept { get; init; } = [];

    public (int Unit, long Bytes)[] Shared { get; init; } = [];

    public long SkippedFlops { get; init; }

    /// <summary>How far each use of memory rose above where it was before the step.</summary>
    public long[] Peaks { get; init; } = [];

    public long PeakSaved { get; init; }

    /// <summary>Whether another step counts the same. Seconds by the roofline are differences of long sums, and not compared.</summary>
    public bool IsSame(RecordedCosts other) =>
        Whole(Primitives).SequenceEqual(Whole(other.Primitives)) && Whole(Costs).SequenceEqual(Whole(other.Costs)) && Kept.SequenceEqual(other.Kept) && Shared.SequenceEqual(other.Shared)
        && SkippedFlops == other.SkippedFlops && Peaks.SequenceEqual(other.Peaks) && PeakSaved == other.PeakSaved;

    private static IEnumerable<(int, long, long, long)> Whole((int Place, Cost Cost)[] costs) => costs.Select(pair => (pair.Place, pair.Cost.Launches, pair.Cost.Flops, pair.Cost.Bytes));
}
