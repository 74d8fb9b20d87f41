using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>
/// A <see cref="NormTarget"/> as a kernel argument: cut into chunks of this many elements by its length alone, a group each, the first of them at <see cref="Start"/>. Where one chunk is all, its sum goes to
/// <see cref="Place"/>; otherwise that is negative.
/// </summary>
internal struct NormItem
{
    public ArrayView<float> X;
    public int Chunk, Start, Place;
}

/// <summary>The same where distances are summed.</summary>
internal struct DistanceItem
{
    public ArrayView<float> X, Y;
    public int Chunk, Start, Place;
}

/// <summary>Where the sums of a target's chunks lie, and where their sum goes.</summary>
internal struct NormEnd
{
    public int Chunks, Start, Place;
}

/// <summary>Σ x² or Σ |x| of up to sixteen targets, Σ (x − y)² of up to eight. A chunk's summands are added in a fixed order, and so are the chunks.</summary>
internal static class NormKernels
{
    /// <summary>A group's chunk goes to the results if there is but one, else to partials.</summary>
    internal static void OfChunks(Bundle16<NormItem> bundle, ArrayView<float> partials, ArrayView<float> results, int isAbsolute)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        NormItem item = bundle.Of(Grid.IdxX);
        int from = (Grid.IdxX - item.Start) * item.Chunk, end = from + item.Chunk, to = end < item.X.IntLength ? end : item.X.IntLength;
        float sum = 0f;
        for (int i = from + Group.IdxX; i < to; i += Group.DimX)
        {
            float value = item.X[i];
            sum += isAbsolute != 0 ? (value < 0f ? -value : value) : value * value;
        }
        Store(Cell.GroupSum(shared, sum), item.Place, partials, results);
    }

    /// <summary>The same of distances.</summary>
    internal static void Distances(Bundle<DistanceItem> bundle, ArrayView<float> partials, ArrayView<float> results)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        DistanceItem item = bundle.Of(Grid.IdxX);
        int from = (Grid.IdxX - item.Start) * item.Chunk, end = from + item.Chunk, to = end < item.X.IntLength ? end : item.X.IntLength;
        float sum = 0f;
        for (int i = from + Group.IdxX; i < to; i += Group.DimX)
        {
            float value = item.X[i] - item.Y[i];
            sum += value * value;
        }
        Store(Cell.GroupSum(shared, sum), item.Place, partials, results);
    }

    /// <summary>One group a target of more than one chunk: adds them up.</summary>
    internal static void Finish(Bundle16<NormEnd> bundle, ArrayView<float> partials, ArrayView<float> results)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        NormEnd end = bundle.Of(Grid.IdxX);
        float sum = 0f;
        for (int i = Group.IdxX; i < end.Chunks; i += Group.DimX) sum += partials[end.Start + i];
        sum = Cell.GroupSum(shared, sum);
        if (Group.IdxX == 0) results[end.Place] = sum;
    }

    private static void Store(float sum, int place, ArrayView<float> partials, ArrayView<float> results)
    {
        if (Group.IdxX != 0) return;
        if (place >= 0) results[place] = sum;
        else partials[Grid.IdxX] = sum;
    }
}
