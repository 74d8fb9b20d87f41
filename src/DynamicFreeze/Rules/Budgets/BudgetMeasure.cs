namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a <see cref="RunBudget"/> is a part of.</summary>
public enum BudgetMeasure
{
    /// <summary>Full training's operations, as the ledger counts them.</summary>
    Flops,

    /// <summary>Full training's seconds on this machine, evaluation not included.</summary>
    Seconds,
}
