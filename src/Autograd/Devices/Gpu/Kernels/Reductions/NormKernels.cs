using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>A <see cref="NormTarget"/> as a kernel argument: cut into chunks of this many elements by its length alone, a group each, the first of them at <see cref="Start"/>.</summary>
internal struct NormItem
{
    public ArrayView<float> X, Y, Result;
    public int Chunk, Chunks, Start;
}

/// <summary>Σ x², Σ |x| or Σ (x − y)² of up to eight targets. A chunk's summands are added in a fixed order, and so are the chunks.</summary>
internal static class NormKernels
{
    /// <summary>A group's chunk goes to the result if there is but one, else to partials.</summary>
    internal static void OfChunks(Bundle<NormItem> bundle, ArrayView<float> partials, int kind)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        NormItem item = bundle.Of(Grid.IdxX);
        int from = (Grid.IdxX - item.Start) * item.Chunk, end = from + item.Chunk, to = end < item.X.IntLength ? end : item.X.IntLength;
        float sum = 0f;
        for (int i = from + Group.IdxX; i < to; i += Group.DimX)
        {
            float value = item.X[i];
            if (kind == (int)NormKind.SquaredDistance) value -= item.Y[i];
            sum += kind == (int)NormKind.L1 ? (value < 0f ? -value : value) : value * value;
        }
        sum = Cell.GroupSum(shared, sum);
        if (Group.IdxX != 0) return;
        if (item.Chunks == 1) item.Result[0] = sum;
        else partials[Grid.IdxX] = sum;
    }

    /// <summary>One group a target: adds the partials of those that have more than one.</summary>
    internal static void Finish(Bundle<NormItem> bundle, ArrayView<float> partials)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        NormItem item = bundle.Of(Grid.IdxX);
        int chunks = item.Chunks > 1 ? item.Chunks : 0;
        float sum = 0f;
        for (int i = Group.IdxX; i < chunks; i += Group.DimX) sum += partials[item.Start + i];
        sum = Cell.GroupSum(shared, sum);
        if (Group.IdxX == 0 && chunks > 0) item.Result[0] = sum;
    }
}
