using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>One thread a block of the generator, that is four elements.</summary>
internal static class DropoutKernels
{
    // A step that is repeated finds the number of its pass in memory, the lower word first.
    internal static void Dropout(ArrayView<float> x, ArrayView<float> y, ulong key, ulong step, ArrayView<int> pass, int inMemory, uint threshold, float scale, float beta)
    {
        int block = Grid.GlobalIndex.X;
        if (block >= (y.IntLength + 3) / 4) return;
        if (inMemory != 0) step = (uint)pass[0] | ((ulong)(uint)pass[1] << 32);
        (uint d0, uint d1, uint d2, uint d3) = Philox.Block(key, step, (ulong)block);
        int i = block * 4;
        Put(x, y, i, d0 >= threshold, scale, beta);
        Put(x, y, i + 1, d1 >= threshold, scale, beta);
        Put(x, y, i + 2, d2 >= threshold, scale, beta);
        Put(x, y, i + 3, d3 >= threshold, scale, beta);
    }

    private static void Put(ArrayView<float> x, ArrayView<float> y, int i, bool keep, float scale, float beta)
    {
        if (i < y.IntLength) Cell.Store(y, i, keep ? scale * x[i] : 0f, beta);
    }
}
