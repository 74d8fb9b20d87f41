namespace ResearchFreeze.DynamicFreeze;

/// <summary>Marks a rule that keeps a run within a budget: a thaw from outside, by a rate drop or a regression, would break it. A run's default settings for it have neither.</summary>
public interface IBudgetRule : IFreezeRule;
