namespace ResearchFreeze.Autograd;

/// <summary>What a primitive does with the elements of an argument.</summary>
public enum ArgumentUse
{
    /// <summary>Reads them.</summary>
    Read,

    /// <summary>Overwrites them.</summary>
    Write,

    /// <summary>y ← result + beta·y: with beta = 0 the old content is never read.</summary>
    Accumulate,

    /// <summary>Reads and writes them.</summary>
    Update,
}
