namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// A filter that lets a unit be frozen only if every unit before it that is no head is, or will be, frozen too: freezing behind a unit that trains saves no input gradient. It thaws nothing: what is frozen already
/// behind a unit that trains stays so.
/// </summary>
public sealed class PrefixOnly : IDecisionFilter<NoState>
{
    /// <inheritdoc/>
    public string Name => "prefix";

    /// <inheritdoc/>
    public void Apply(CheckContext context, FreezeDecision decision, ref NoState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(decision);
        bool isPrefix = true;
        foreach (UnitView unit in context.Units)
        {
            if (!isPrefix && decision.IsNewFreeze(unit)) decision.Refuse(unit);
            isPrefix &= decision.Units[unit.Index].Frozen || unit.IsHead;
        }
    }
}
