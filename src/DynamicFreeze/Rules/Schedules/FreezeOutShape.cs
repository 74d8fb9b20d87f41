namespace ResearchFreeze.DynamicFreeze;

/// <summary>How FreezeOut spreads the times at which units are frozen: S(u).</summary>
public enum FreezeOutShape
{
    /// <summary>u.</summary>
    Linear,

    /// <summary>u².</summary>
    Squared,

    /// <summary>u³.</summary>
    Cubic,
}
