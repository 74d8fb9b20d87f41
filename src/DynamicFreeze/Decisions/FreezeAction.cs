namespace ResearchFreeze.DynamicFreeze;

/// <summary>What happened.</summary>
public enum FreezeAction
{
    /// <summary>A unit was frozen.</summary>
    Freeze,

    /// <summary>A unit was thawed.</summary>
    Thaw,

    /// <summary>The rule asked for something that the controller does not allow; said once, until the rule stops asking.</summary>
    Refuse,

    /// <summary>A unit's learning rate, optimizer state, update mask, or in how many steps its branches are cut was changed. A rate that follows a schedule is said once.</summary>
    Adjust,

    /// <summary>Weights, buffers and optimizer state went back to an earlier step.</summary>
    Rollback,

    /// <summary>The rule said that training may stop.</summary>
    Stop,

    /// <summary>The user changed a unit by hand, or pinned it: it stays as it is.</summary>
    Pin,

    /// <summary>The user lets rules decide about a unit again.</summary>
    Unpin,
}
