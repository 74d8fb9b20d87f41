namespace ResearchFreeze.Autograd;

// What a recorded step counts is counted again when it is repeated, so that no book can tell the two apart.
public sealed partial class DeviceCounters
{
    /// <summary>Where the counts are before a step is recorded. Peaks begin anew: <see cref="Since"/> puts them back.</summary>
    internal CounterMark Mark()
    {
        var result = new CounterMark(
            [.. costsByPrimitive], [.. costs], [.. kept], [.. shared], SkippedFlops, [.. live], [.. peak], SavedBytes, PeakSavedBytes);
        ResetPeaks();
        return result;
    }

    /// <summary>What has been counted since, and how far memory in use rose above where it was.</summary>
    internal RecordedCosts Since(CounterMark mark)
    {
        var result = new RecordedCosts
        {
            Primitives = Changed(costsByPrimitive, mark.Primitives),
            Costs = Changed(costs, mark.Costs),
            Kept = Changed(kept, mark.Kept),
            Shared = Changed(shared, mark.Shared),
            SkippedFlops = SkippedFlops - mark.SkippedFlops,
            Peaks = [.. peak.Select((most, kind) => most - mark.Live[kind])],
            PeakSaved = PeakSavedBytes - mark.Saved,
        };
        for (int i = 0; i < peak.Length; i++) peak[i] = Math.Max(peak[i], mark.Peaks[i]);
        PeakSavedBytes = Math.Max(PeakSavedBytes, mark.PeakSaved);
        return result;
    }

    /// <summary>Counts all of it once more.</summary>
    internal void Add(RecordedCosts more)
    {
        foreach ((int index, Cost cost) in more.Primitives) costsByPrimitive[index] += cost;
        foreach ((int index, Cost cost) in more.Costs) costs[index] += cost;
        foreach ((int unit, long bytes) in more.Kept) kept[unit] += bytes;
        foreach ((int unit, long bytes) in more.Shared) shared[unit] += bytes;
        SkippedFlops += more.SkippedFlops;
        for (int i = 0; i < peak.Length; i++) peak[i] = Math.Max(peak[i], Interlocked.Read(ref live[i]) + more.Peaks[i]);
        PeakSavedBytes = Math.Max(PeakSavedBytes, SavedBytes + more.PeakSaved);
    }

    private static (int, Cost)[] Changed(Cost[] now, Cost[] before) =>
        [.. now.Select((cost, i) => (i, i < before.Length ? cost - before[i] : cost)).Where(pair => pair.Item2 != default)];

    private static (int, long)[] Changed(long[] now, long[] before) =>
        [.. now.Select((bytes, i) => (i, i < before.Length ? bytes - before[i] : bytes)).Where(pair => pair.Item2 != 0)];
}
