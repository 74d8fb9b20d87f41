namespace ResearchFreeze.DynamicFreeze;

/// <summary>Freezes nothing: the control.</summary>
public sealed class Never : IFreezeRule<NoState>, IScheduleRule
{
    /// <inheritdoc/>
    public string Name => "never";

    /// <inheritdoc/>
    public bool FreezesNothing => true;

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref NoState state) => new(context);
}
