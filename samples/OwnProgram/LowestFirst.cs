using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

// Freezes the unit with the lowest score once it has been the lowest, and below the limit, at so many checks in a row.
internal sealed class LowestFirst(int times, double limit) : IFreezeRule<LowestFirst.Memory>
{
    public string Name => "lowest-first";
    public string Settings => FormattableString.Invariant($"times={times},limit={limit}");      // a saved state belongs to a rule with these settings
    public FreezeDecision Decide(CheckContext context, ref Memory state)
    {
        var decision = new FreezeDecision(context);                   // changes nothing
        UnitView? lowest = context.Units.Where(unit => !unit.IsFrozen && !unit.IsHead && unit.Score < limit).MinBy(unit => unit.Score);      // NaN is below nothing
        state.Checks = lowest is null ? 0 : lowest.Index == state.Unit ? state.Checks + 1 : 1;
        state.Unit = lowest?.Index ?? -1;
        if (lowest is not null && state.Checks >= times) decision.Freeze(lowest.Index, $"lowest at {state.Checks} checks: {lowest.Score:G3}, limit {limit}");
        return decision;
    }

    // All that the rule remembers; saved and loaded with the run.
    internal sealed class Memory : IStateful
    {
        public int Unit { get; set; } = -1;
        public int Checks { get; set; }
        public void SaveState(StateTree state) => state.Set("values", (long[])[Unit, Checks]);
        public Action ReadState(StateTree state)
        {
            long[] values = state.Integers("values", 2, -1, int.MaxValue);
            return () => (Unit, Checks) = ((int)values[0], (int)values[1]);
        }
    }
}
