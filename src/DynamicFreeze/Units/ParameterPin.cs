namespace ResearchFreeze.DynamicFreeze;

/// <summary>What of a parameter is the user's, and changed by no rule, filter, trigger, trial step or probe.</summary>
[Flags]
public enum ParameterPin
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Whether it is frozen.</summary>
    Flag = 1,

    /// <summary>What its learning rate is multiplied with.</summary>
    Rate = 2,

    /// <summary>Its update mask.</summary>
    Mask = 4,

    /// <summary>All of it.</summary>
    All = Flag | Rate | Mask,
}
