namespace ResearchFreeze.Autograd;

/// <summary>What the kernels of a recurrent step share.</summary>
internal struct CellArguments
{
    /// <summary>Units of all rows.</summary>
    public int Count;

    /// <summary>Units of a row.</summary>
    public int Width;

    /// <summary>The step's number.</summary>
    public int Step;

    /// <summary>1 where rows may have ended.</summary>
    public int HasLengths;

    /// <summary>A <see cref="CellInput"/>.</summary>
    public int Wanted;
}
