using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>Places of the largest elements, and places in a tensor and along an axis.</summary>
internal static class IndexKernels
{
    /// <summary>One thread a row: it looks for the largest of those that come after the last one found, by value, then by place.</summary>
    internal static void Top(ArrayView<float> x, ArrayView<int> indices, int rows, int columns, int count)
    {
        int row = Grid.GlobalIndex.X;
        if (row >= rows) return;
        int first = row * columns, last = -1;
        for (int k = 0; k < count; k++)
        {
            int best = -1;
            for (int at = first; at < first + columns; at++)
            {
                float value = x[at];
                bool isLeft = last < 0 || ExtremeKernels.IsLarger(x[last], value) || (!ExtremeKernels.IsLarger(value, x[last]) && at > last);
                if (isLeft && (best < 0 || ExtremeKernels.IsLarger(value, x[best]))) best = at;
            }
            indices[(row * count) + k] = best;
            last = best;
        }
    }

    /// <summary>One thread an element.</summary>
    internal static void Axis(ArrayView<int> x, ArrayView<int> y, int extent, int inner)
    {
        int i = Grid.GlobalIndex.X;
        if (i < y.IntLength) y[i] = x[i] / inner % extent;
    }

    /// <summary>One thread an element.</summary>
    internal static void Flat(ArrayView<int> x, ArrayView<int> y, int extent, int count, int inner)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.IntLength) return;
        int place = x[i];
        y[i] = place >= 0 && place < extent ? (((i / inner / count * extent) + place) * inner) + (i % inner) : -1;
    }
}
