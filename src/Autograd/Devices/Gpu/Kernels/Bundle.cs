namespace ResearchFreeze.Autograd;

/// <summary>
/// Up to eight targets of one launch as a kernel argument, each with groups of its own. Eight, for OpenCL promises no more than 1024 bytes of arguments and Adam's 32 views take 24 each.
/// Fields and not an array, so that they stay in the argument space: an array that is indexed would be copied to local memory.
/// </summary>
internal struct Bundle<T>
    where T : struct
{
    public const int Size = 8;

    public T Item0, Item1, Item2, Item3, Item4, Item5, Item6, Item7;
    public int First1, First2, First3, First4, First5, First6, First7;

    /// <summary>The target that a group works for.</summary>
    public readonly T Of(int group)
    {
        T item = Item0;
        if (group >= First1) item = Item1;
        if (group >= First2) item = Item2;
        if (group >= First3) item = Item3;
        if (group >= First4) item = Item4;
        if (group >= First5) item = Item5;
        if (group >= First6) item = Item6;
        if (group >= First7) item = Item7;
        return item;
    }

    /// <summary>The first group of the target that a group works for.</summary>
    public readonly int FirstOf(int group)
    {
        int first = 0;
        if (group >= First1) first = First1;
        if (group >= First2) first = First2;
        if (group >= First3) first = First3;
        if (group >= First4) first = First4;
        if (group >= First5) first = First5;
        if (group >= First6) first = First6;
        if (group >= First7) first = First7;
        return first;
    }

    /// <summary>Puts a target where its first group says; targets come in order, the first one's first group is 0.</summary>
    public void Set(int index, in T item, int first)
    {
        switch (index)
        {
            case 0: Item0 = item; break;
            case 1: (Item1, First1) = (item, first); break;
            case 2: (Item2, First2) = (item, first); break;
            case 3: (Item3, First3) = (item, first); break;
            case 4: (Item4, First4) = (item, first); break;
            case 5: (Item5, First5) = (item, first); break;
            case 6: (Item6, First6) = (item, first); break;
            default: (Item7, First7) = (item, first); break;
        }
    }

    /// <summary>Gives the places from an index on no group. Their views must be of something all the same.</summary>
    public void Close(int count)
    {
        for (int i = count; i < Size; i++) Set(i, Item0, int.MaxValue);
    }
}
