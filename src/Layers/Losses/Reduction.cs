namespace ResearchFreeze.Layers;

/// <summary>What becomes of a loss's terms.</summary>
public enum Reduction
{
    /// <summary>Their mean, a scalar.</summary>
    Mean,

    /// <summary>Their sum, a scalar.</summary>
    Sum,

    /// <summary>The terms as they are.</summary>
    None,
}
