namespace ResearchFreeze.Autograd;

/// <summary>A device's counts at one moment.</summary>
internal sealed record CounterMark(Cost[] Primitives, Cost[] Costs, long[] Kept, long[] Shared, long SkippedFlops, long[] Live, long[] Peaks, long Saved, long PeakSaved);
