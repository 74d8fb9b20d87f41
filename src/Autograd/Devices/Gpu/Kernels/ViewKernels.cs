using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>Boxes of elements, extremes over axes, rows by index. No element is written by two threads.</summary>
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

    /// <summary>One thread an output. The first of equals counts, and a NaN is larger than any number.</summary>
    internal static void ReduceMax(ArrayView<float> x, ArrayView<float> y, ArrayView<int> indices, ReduceWalk walk, int count, int hasIndices)
    {
        int output = Grid.GlobalIndex.X;
        if (output >= y.IntLength) return;
        int start = walk.Start(output), place = start;
        float best = x[start];
        for (int s = 1; s < count; s++)
        {
            int at = start + walk.Step(s);
            float value = x[at];
            if (!IsLarger(value, best)) continue;
            best = value;
            place = at;
        }
        y[output] = best;
        if (hasIndices != 0) indices[output] = place;
    }

    /// <summary>One thread an output, each of which has an input of its own.</summary>
    internal static void ReduceMaxBackward(ArrayView<int> indices, ArrayView<float> dy, ArrayView<float> dx)
    {
        int output = Grid.GlobalIndex.X;
        if (output < dy.IntLength) dx[indices[output]] += dy[output];
    }

    /// <summary>One thread an element of the result.</summary>
    internal static void GatherRows(ArrayView<float> table, ArrayView<int> ids, ArrayView<float> y, int columns, int rows)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.IntLength) return;
        int item = i / columns, row = ids[item];
        y[i] = row >= 0 && row < rows ? table[(row * columns) + (i - (item * columns))] : GpuMath.NaN();
    }

    /// <summary>One thread an element of the table, which looks through all ids: their order is the order of the sum.</summary>
    internal static void ScatterRows(ArrayView<int> ids, ArrayView<float> dy, ArrayView<float> table, int columns, float beta)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= table.IntLength) return;
        int row = i / columns, column = i - (row * columns);
        float sum = 0f;
        for (int item = 0; item < ids.IntLength; item++)
        {
            if (ids[item] == row) sum += dy[(item * columns) + column];
        }
        Cell.Store(table, i, sum, beta);
    }

    internal static bool IsLarger(float value, float best) => value > best || (GpuMath.IsNaN(value) && !GpuMath.IsNaN(best));
}
