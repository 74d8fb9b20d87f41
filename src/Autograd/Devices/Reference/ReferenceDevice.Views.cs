namespace ResearchFreeze.Autograd;

// Boxes of elements, extremes over axes, rows by index.
public partial class ReferenceDevice
{
    /// <inheritdoc/>
    protected override void CopyBoxCore(in StridedLayout layout, TensorRange x, TensorRange y, float beta)
    {
        Span<double> from = Reals(x), to = Reals(y);
        for (int i = 0; i < layout.Count; i++)
        {
            (int source, int target) = Places(layout, i);
            Store(ref to[target], from[source], beta);
        }
    }

    /// <inheritdoc/>
    protected override void PlaceBoxCore(in StridedLayout layout, TensorRange x, TensorRange y, float beta)
    {
        Span<double> from = Reals(x), to = Reals(y);
        for (int i = 0; i < to.Length; i++) to[i] = beta == 0 ? 0 : beta * to[i];
        for (int i = 0; i < layout.Count; i++)
        {
            (int source, int target) = Places(layout, i);
            to[target] += from[source];
        }
    }

    /// <inheritdoc/>
    protected override void ReduceMaxCore(in ReduceLayout layout, TensorRange x, TensorRange y, TensorRange? indices)
    {
        Span<double> from = Reals(x), to = Reals(y);
        var best = new int[to.Length];
        best.AsSpan().Fill(-1);
        for (int i = 0; i < from.Length; i++)
        {
            ref int at = ref best[OutputOf(layout, i)];
            if (at < 0 || IsLarger(from[i], from[at])) at = i;
        }
        for (int i = 0; i < to.Length; i++) to[i] = from[best[i]];
        if (indices is { } range) best.CopyTo(Integers(range));
    }

    /// <inheritdoc/>
    protected override void ReduceMaxBackwardCore(in ReduceLayout layout, TensorRange indices, TensorRange dy, TensorRange dx, float beta)
    {
        Span<int> at = Integers(indices);
        Span<double> from = Reals(dy), to = Reals(dx);
        for (int i = 0; i < to.Length; i++)
        {
            int output = OutputOf(layout, i);
            Store(ref to[i], at[output] == i ? from[output] : 0, beta);
        }
    }

    /// <inheritdoc/>
    protected override void GatherRowsCore(int columns, TensorRange table, TensorRange ids, TensorRange y)
    {
        Span<double> rows = Reals(table), to = Reals(y);
        Span<int> which = Integers(ids);
        for (int i = 0; i < which.Length; i++)
        {
            Span<double> row = to.Slice(i * columns, columns);
            if ((long)which[i] * columns >= 0 && ((long)which[i] + 1) * columns <= rows.Length) rows.Slice(which[i] * columns, columns).CopyTo(row);
            else row.Fill(double.NaN);
        }
    }

    /// <inheritdoc/>
    protected override void ScatterRowsCore(int columns, TensorRange ids, TensorRange dy, TensorRange dtable, float beta)
    {
        Span<double> from = Reals(dy), to = Reals(dtable);
        Span<int> which = Integers(ids);
        for (int i = 0; i < to.Length; i++) to[i] = beta == 0 ? 0 : beta * to[i];
        for (int i = 0; i < which.Length; i++)
        {
            if (which[i] < 0 || ((long)which[i] + 1) * columns > to.Length) continue;
            for (int c = 0; c < columns; c++) to[(which[i] * columns) + c] += from[(i * columns) + c];
        }
    }

    /// <summary>Whether a candidate replaces the largest so far: a NaN does, once, and nothing replaces a NaN.</summary>
    private static bool IsLarger(double candidate, double best) => candidate > best || (double.IsNaN(candidate) && !double.IsNaN(best));

    private static (int X, int Y) Places(in StridedLayout layout, int element)
    {
        int x = layout.OffsetX, y = layout.OffsetY;
        for (int axis = layout.Rank - 1; axis >= 0; axis--)
        {
            int index = element % layout.Extent(axis);
            element /= layout.Extent(axis);
            x += index * layout.StrideX(axis);
            y += index * layout.StrideY(axis);
        }
        return (x, y);
    }
}
