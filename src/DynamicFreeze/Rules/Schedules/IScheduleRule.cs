namespace ResearchFreeze.DynamicFreeze;

/// <summary>Marks a rule that follows a plan rather than scores: it needs no warm-up, and a thaw from outside, by a rate drop or a regression, would only spoil the plan. A run's default settings for it have neither.</summary>
public interface IScheduleRule : IFreezeRule
{
    /// <summary>Whether it freezes no unit of any model, but moves rates, cuts branches, or does nothing: that nothing is frozen is then no news.</summary>
    bool FreezesNothing => false;
}
