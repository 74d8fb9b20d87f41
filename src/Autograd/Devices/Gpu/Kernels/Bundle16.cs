namespace ResearchFreeze.Autograd;

/// <summary>Two bundles as one, for targets that are small enough: sixteen of one view and a few numbers each are within the 1024 bytes of arguments.</summary>
internal struct Bundle16<T>
    where T : struct
{
    public const int Size = 2 * Bundle<T>.Size;

    public Bundle<T> Low, High;

    /// <summary>The first group of the second bundle.</summary>
    public int Middle;

    /// <summary>The target that a group works for.</summary>
    public readonly T Of(int group) => group < Middle ? Low.Of(group) : High.Of(group);

    /// <summary>Puts a target where its first group says; see <see cref="Bundle{T}.Set"/>.</summary>
    public void Set(int index, in T item, int first)
    {
        if (index < Bundle<T>.Size)
        {
            Low.Set(index, item, first);
            return;
        }
        if (index == Bundle<T>.Size) Middle = first;
        High.Set(index - Bundle<T>.Size, item, first);
    }

    /// <summary>Gives the places from an index on no group.</summary>
    public void Close(int count)
    {
        for (int i = count; i < Size; i++) Set(i, Low.Item0, int.MaxValue);
    }
}
