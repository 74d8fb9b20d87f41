using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Sums without atomics: a sum is cut into chunks by its layout alone, a chunk's summands are added in a fixed order, and so are the chunks.
/// Unit u is output u mod outputs, chunk u / outputs.
/// </summary>
internal static class ReduceKernels
{
    /// <summary>One thread a unit: for outputs that lie side by side.</summary>
    internal static void ByThread(ArrayView<float> x, ArrayView<float> y, ReduceWalk walk, int outputs, int count, int chunk, float scale, float beta)
    {
        int unit = Grid.GlobalIndex.X;
        if (unit >= y.IntLength) return;
        int part = unit / outputs, from = part * chunk, to = XMin(from + chunk, count);
        int start = walk.Start(unit - (part * outputs));
        float sum = 0f;
        for (int s = from; s < to; s++) sum += x[start + walk.Step(s)];
        Cell.Store(y, unit, scale * sum, beta);
    }

    /// <summary>One group a unit: for summands that lie side by side.</summary>
    internal static void ByGroup(ArrayView<float> x, ArrayView<float> y, ReduceWalk walk, int outputs, int count, int chunk, float scale, float beta)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int unit = Grid.IdxX, part = unit / outputs, from = part * chunk, to = XMin(from + chunk, count);
        int start = walk.Start(unit - (part * outputs));
        float sum = 0f;
        for (int s = from + Group.IdxX; s < to; s += Group.DimX) sum += x[start + walk.Step(s)];
        sum = Cell.GroupSum(shared, sum);
        if (Group.IdxX == 0) Cell.Store(y, unit, scale * sum, beta);
    }

    private static int XMin(int a, int b) => a < b ? a : b;
}
