namespace ResearchFreeze.Autograd;

/// <summary>A run of elements of a storage: what a primitive reads or writes.</summary>
public readonly record struct TensorRange(Storage Storage, int Offset, int Length)
{
    /// <summary>Whether all of it lies in the storage.</summary>
    internal bool IsInside => Offset >= 0 && Length >= 0 && Offset <= Storage.Length - Length;

    /// <summary>A part of this range.</summary>
    public TensorRange Slice(int offset, int length)
    {
        if ((uint)offset > (uint)Length || (uint)length > (uint)(Length - offset))
            throw new ArgumentOutOfRangeException(nameof(offset), $"Range of {Length} elements has no {length} elements at {offset}.");
        return new TensorRange(Storage, Offset + offset, length);
    }
}
