namespace ResearchFreeze.Autograd;

/// <summary>Which operands a derivative is computed from.</summary>
[Flags]
public enum MapUse
{
    /// <summary>Neither: the derivative is constant.</summary>
    None = 0,

    /// <summary>The input x.</summary>
    Input = 1,

    /// <summary>The output y.</summary>
    Output = 2,
}
