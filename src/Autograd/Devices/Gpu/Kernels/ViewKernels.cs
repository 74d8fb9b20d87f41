using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>Boxes of elements. No element is written by two threads.</summary>
internal static class ViewKernels
{
    /// <summary>One thread an element of the box; the walk's A is x, its B is y.</summary>
    internal static void CopyBox(ArrayView<float> x, int offsetX, ArrayView<float> y, int offsetY, BroadcastWalk walk, int count, float beta)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= count) return;
        (int from, int to) = walk.Locate(i);
        Cell.Store(y, offsetY + to, x[offsetX + from], beta);
    }
}
