namespace ResearchFreeze.Autograd;

/// <summary>A range that a call gives to one of a primitive's arguments.</summary>
/// <param name="Range">The range; none where an optional argument is absent.</param>
/// <param name="Length">Elements that the call's shape asks for.</param>
/// <param name="Touched">Elements that are read or written, for the cost.</param>
internal readonly record struct Operand(TensorRange Range, long Length, long Touched)
{
    /// <summary>A range of which each element is touched.</summary>
    public Operand(TensorRange range, long length)
        : this(range, length, range.Length)
    {
    }

    /// <summary>The same, or none.</summary>
    public Operand(TensorRange? range, long length)
        : this(range.GetValueOrDefault(), length)
    {
    }
}
