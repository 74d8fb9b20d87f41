namespace ResearchFreeze.DynamicFreeze;

/// <summary>Which way a measurement is better. It must be said: a loss that falls is no regression.</summary>
public enum Better
{
    /// <summary>Higher, as accuracy.</summary>
    Higher,

    /// <summary>Lower, as a loss.</summary>
    Lower,
}
