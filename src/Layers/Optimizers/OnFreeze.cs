namespace ResearchFreeze.Layers;

/// <summary>What becomes of a parameter's optimizer state when it is frozen.</summary>
public enum OnFreeze
{
    /// <summary>It stays where it is: a thaw continues as if nothing had happened.</summary>
    Keep,

    /// <summary>It is released; a thaw starts from zero, step count included.</summary>
    Drop,

    /// <summary>It moves to host memory and back at a thaw.</summary>
    Offload,
}
