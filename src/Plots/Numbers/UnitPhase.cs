namespace ResearchFreeze.Plots;

/// <summary>What a unit does.</summary>
public enum UnitPhase
{
    /// <summary>It trains.</summary>
    Trains,

    /// <summary>It trains at a changed rate, or a part of it does.</summary>
    Adjusted,

    /// <summary>It is frozen.</summary>
    Frozen,
}
