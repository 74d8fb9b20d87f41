namespace ResearchFreeze.DynamicFreeze;

/// <summary>What the rest of a run costs, in operations, where each unit is frozen at a step of its own and stays so: known before it is run, since full steps were measured.</summary>
/// <param name="context">A check.</param>
internal sealed class TimelineCosts(CheckContext context)
{
    private readonly UnitCosts costs = UnitCosts.Operations([.. context.Units.Reverse()]);

    /// <summary>A full step; 0: it was not measured.</summary>
    public double FullStep => costs.Full;

    /// <summary>What is left of a part of full training's operations.</summary>
    public double Left(double flops)
    {
        RunSpending? run = context.Spent();
        double spent = run is null || run.Steps == 0 ? 0 : run.Flops / (run.FullFlops / run.Steps);
        return ((flops * context.RunSteps) - spent) * FullStep;
    }

    /// <summary>What the steps that are left cost.</summary>
    /// <param name="at">The step at which each unit beside the heads is frozen, from the input; one that has passed is now, and the run's last or later is never.</param>
    public double Of(ReadOnlySpan<int> at)
    {
        int now = context.Step, end = context.RunSteps, next = 0, kept = int.MaxValue;
        // Until this step something upstream of the unit trains.
        int upstream = now;
        double sum = 0;
        foreach (UnitView unit in context.Units)
        {
            int place = context.Units.Count - 1 - unit.Index;
            int planned = unit.IsHead ? end : at[next++];
            // What the user keeps as it is no time changes.
            int from = unit.IsFrozen ? now : unit.IsPinned ? end : Math.Clamp(planned, now, end);
            int prefix = Math.Max(upstream, from);
            sum += costs.Training[place] * (from - now);
            sum += costs.Passing[place] * (upstream - now);
            sum += costs.Within(place, unit) * (prefix - upstream);
            kept = unit.IsFrozen ? Math.Min(kept, unit.FrozenFor) : 0;
            sum += costs.Forward[place] * ForwardSteps(prefix, prefix == now ? kept : 0);
            upstream = prefix;
        }
        return sum;
    }

    /// <summary>Steps in which a unit's forward pass is computed: with a forward cache once for each sample after all up to it is frozen.</summary>
    private int ForwardSteps(int prefix, int kept)
    {
        int end = context.RunSteps, rest = end - prefix;
        return prefix - context.Step + (context.IsCached ? Math.Clamp(context.EpochSteps - kept, 0, rest) : rest);
    }
}
