using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>Rows of a table by index. Rows of one id are added by one thread a column, in their order.</summary>
internal static class RowKernels
{
    /// <summary>One thread an element of the result.</summary>
    internal static void Gather(ArrayView<float> table, ArrayView<int> ids, ArrayView<float> y, int columns, int rows)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.IntLength) return;
        int item = i / columns, row = ids[item];
        y[i] = row >= 0 && row < rows ? table[(row * columns) + (i - (item * columns))] : GpuMath.NaN();
    }

    /// <summary>One thread an item, which looks for its id before and after itself: the next item of its id (−1: none), and whether it is the first of an id that the table has.</summary>
    internal static void Link(ArrayView<int> ids, ArrayView<int> next, ArrayView<int> isFirst, int rows)
    {
        int item = Grid.GlobalIndex.X, count = ids.IntLength;
        if (item >= count) return;
        int row = ids[item], after = item + 1, before = item - 1;
        while (after < count && ids[after] != row) after++;
        next[item] = after < count ? after : -1;
        while (before >= 0 && ids[before] != row) before--;
        isFirst[item] = before < 0 && row >= 0 && row < rows ? 1 : 0;
    }

    /// <summary>One thread an element of dy; that of the first row of an id adds up the rows of that id. Rows that were not used are not touched.</summary>
    internal static void Scatter(ArrayView<int> ids, ArrayView<int> next, ArrayView<int> isFirst, ArrayView<float> dy, ArrayView<float> table, int columns)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= dy.IntLength) return;
        int item = i / columns, column = i - (item * columns);
        if (isFirst[item] == 0) return;
        float sum = 0f;
        for (int at = item; at >= 0; at = next[at]) sum += dy[(at * columns) + column];
        table[(ids[item] * columns) + column] += sum;
    }
}
