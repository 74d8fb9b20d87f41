using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Plots;

/// <summary>What each unit did in each step of a run.</summary>
/// <param name="Units">The units' paths, from the input.</param>
/// <param name="Steps">Steps of the run.</param>
/// <param name="Spans">For each unit what it did one after the other, from step 0 to the last.</param>
/// <param name="Rollbacks">Steps at which weights went back.</param>
public sealed record Timeline(IReadOnlyList<string> Units, int Steps, IReadOnlyList<IReadOnlyList<UnitSpan>> Spans, IReadOnlyList<int> Rollbacks)
{
    /// <summary>The timeline of a log.</summary>
    /// <param name="record">The log.</param>
    /// <param name="steps">Steps that were taken.</param>
    public static Timeline Of(DecisionRecord record, int steps)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new Timeline(record.Units, steps, [.. record.Units.Select((_, unit) => Of(record, unit, steps))], [.. record.Entries.Where(entry => entry.Action == FreezeAction.Rollback).Select(entry => entry.Step)]);
    }

    /// <summary>How many units are frozen, at step 0 and wherever that changes.</summary>
    public IReadOnlyList<(int Step, int Frozen)> Staircase()
    {
        int[] steps = [.. Spans.SelectMany(spans => spans.Select(span => span.From)).Append(0).Distinct().Order()];
        var stairs = new List<(int Step, int Frozen)>();
        foreach (int step in steps)
        {
            int frozen = Spans.Count(spans => spans.Any(span => span.From <= step && step < span.To && span.Phase == UnitPhase.Frozen));
            if (stairs.Count == 0 || stairs[^1].Frozen != frozen) stairs.Add((step, frozen));
        }
        return stairs;
    }

    private static List<UnitSpan> Of(DecisionRecord record, int unit, int steps)
    {
        var spans = new List<UnitSpan>();
        UnitPhase phase = UnitPhase.Trains;
        int since = 0;
        foreach ((int step, UnitPhase next) in Changes(record, unit))
        {
            if (next == phase || step >= steps) continue;
            if (step > since) spans.Add(new UnitSpan(since, step, phase));
            (since, phase) = (step, next);
        }
        if (steps > since) spans.Add(new UnitSpan(since, steps, phase));
        return Joined(spans);
    }

    /// <summary>A unit that was thawed and frozen again at one step has done nothing else in between.</summary>
    private static List<UnitSpan> Joined(List<UnitSpan> spans)
    {
        var joined = new List<UnitSpan>();
        foreach (UnitSpan span in spans)
        {
            if (joined.Count > 0 && joined[^1].Phase == span.Phase) joined[^1] = joined[^1] with { To = span.To };
            else joined.Add(span);
        }
        return joined;
    }

    private static IEnumerable<(int Step, UnitPhase Phase)> Changes(DecisionRecord record, int unit)
    {
        bool isFrozen = false, isMasked = false;
        float scale = 1;
        foreach ((int step, Action change) in Events().OrderBy(found => found.Step).ToList())
        {
            change();
            yield return (step, isFrozen ? UnitPhase.Frozen : isMasked || scale != 1 ? UnitPhase.Adjusted : UnitPhase.Trains);
        }

        // Sorting keeps the order of one step: what a check has found is from before what it led to.
        IEnumerable<(int Step, Action Change)> Events()
        {
            // What was frozen by hand is no decision, and seen at the next check: before the first, it was frozen from the start.
            for (int i = 0; i < record.Checks.Count; i++)
            {
                bool shown = record.Checks[i].Units[unit].IsFrozen;
                if (i == 0 && !record.Entries.Any(entry => entry.Unit == unit && entry.Step < record.Checks[0].Step)) yield return (0, () => isFrozen = shown);
                else yield return (record.Checks[i].Step, () => isFrozen = shown);
            }
            foreach (DecisionEntry entry in record.Entries.Where(entry => entry.Unit == unit)) yield return (entry.Step, () => Apply(entry));
            foreach (RecordedRates moved in record.Rates)
            {
                foreach (UnitRate rate in moved.Rates.Where(rate => rate.Unit == unit)) yield return (moved.Step, () => scale = rate.Scale);
            }
        }

        void Apply(DecisionEntry entry)
        {
            if (entry.Action is FreezeAction.Freeze or FreezeAction.Thaw) isFrozen = entry.Action == FreezeAction.Freeze;
            scale = entry.RateScale ?? scale;
            if (entry.UpdateMasks is { } masks) isMasked = masks.Any(mask => mask is not null);
        }
    }
}
