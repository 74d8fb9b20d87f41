namespace ResearchFreeze.Autograd;

public partial class ReferenceDevice
{
    /// <inheritdoc/>
    protected override void TopIndicesCore(int rows, int columns, int count, TensorRange x, TensorRange indices)
    {
        double[] from = Reals(x).ToArray();
        Span<int> to = Integers(indices);
        for (int row = 0; row < rows; row++)
        {
            // A stable order: the first of equals stays first.
            int[] places = [.. Enumerable.Range(row * columns, columns).OrderByDescending(place => double.IsNaN(from[place])).ThenByDescending(place => from[place])];
            places.AsSpan(0, count).CopyTo(to[(row * count)..]);
        }
    }

    /// <inheritdoc/>
    protected override void AxisIndicesCore(int extent, int inner, TensorRange x, TensorRange y)
    {
        Span<int> from = Integers(x), to = Integers(y);
        for (int i = 0; i < to.Length; i++) to[i] = from[i] / inner % extent;
    }

    /// <inheritdoc/>
    protected override void FlatIndicesCore(int extent, int count, int inner, TensorRange x, TensorRange y)
    {
        Span<int> from = Integers(x), to = Integers(y);
        for (int i = 0; i < to.Length; i++) to[i] = (uint)from[i] < (uint)extent ? (((i / inner / count * extent) + from[i]) * inner) + (i % inner) : -1;
    }
}
