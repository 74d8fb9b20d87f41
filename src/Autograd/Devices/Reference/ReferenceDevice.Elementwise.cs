namespace ResearchFreeze.Autograd;

// Element-wise primitives, sums and their adjoints.
public partial class ReferenceDevice
{
    /// <inheritdoc/>
    protected override void MapCore(MapKernel kernel, TensorRange x, TensorRange y, float beta)
    {
        Span<double> from = Reals(x), to = Reals(y);
        for (int i = 0; i < to.Length; i++) Store(ref to[i], kernel.Reference.Apply(from[i]), beta);
    }

    /// <inheritdoc/>
    protected override void MapBackwardCore(MapKernel kernel, TensorRange x, TensorRange y, TensorRange dy, TensorRange dx, float beta)
    {
        Span<double> xs = Reals(x), ys = Reals(y), from = Reals(dy), to = Reals(dx);
        for (int i = 0; i < to.Length; i++) Store(ref to[i], from[i] * kernel.Reference.Derivative(xs[i], ys[i]), beta);
    }

    /// <inheritdoc/>
    protected override void ZipCore(ZipKernel kernel, in ZipLayout layout, TensorRange a, TensorRange b, TensorRange y, float beta)
    {
        Span<double> left = Reals(a), right = Reals(b), to = Reals(y);
        for (int i = 0; i < to.Length; i++)
        {
            int rest = i, ia = 0, ib = 0;
            for (int axis = layout.Rank - 1; axis >= 0; axis--)
            {
                int index = rest % layout.Extent(axis);
                rest /= layout.Extent(axis);
                ia += index * layout.StrideA(axis);
                ib += index * layout.StrideB(axis);
            }
            Store(ref to[i], kernel.Reference.Apply(left[ia], right[ib]), beta);
        }
    }

    /// <inheritdoc/>
    protected override void AddScaledCore(float alpha, TensorRange x, float beta, TensorRange y)
    {
        Span<double> from = Reals(x), to = Reals(y);
        for (int i = 0; i < to.Length; i++) Store(ref to[i], alpha * from[i], beta);
    }

    /// <inheritdoc/>
    protected override void RestoreWhereCore(TensorRange mask, TensorRange x, TensorRange y)
    {
        Span<double> keep = Reals(mask), from = Reals(x), to = Reals(y);
        for (int i = 0; i < to.Length; i++)
        {
            if (keep[i] == 0) to[i] = from[i];
        }
    }

    /// <inheritdoc/>
    protected override void ReduceCore(in ReduceLayout layout, double scale, TensorRange x, TensorRange y, float beta)
    {
        Span<double> from = Reals(x), to = Reals(y);
        var sums = new double[to.Length];
        for (int i = 0; i < from.Length; i++) sums[OutputOf(layout, i)] += from[i];
        for (int i = 0; i < to.Length; i++) Store(ref to[i], scale * sums[i], beta);
    }

    /// <inheritdoc/>
    protected override void ExpandCore(in ReduceLayout layout, double scale, TensorRange x, TensorRange y, float beta)
    {
        Span<double> from = Reals(x), to = Reals(y);
        for (int i = 0; i < to.Length; i++) Store(ref to[i], scale * from[OutputOf(layout, i)], beta);
    }

    /// <inheritdoc/>
    protected override void DropoutCore(in DropoutKey key, TensorRange x, TensorRange y, float beta)
    {
        Span<double> from = Reals(x), to = Reals(y);
        double scale = 1 / (1 - (double)key.Probability);
        for (int i = 0; i < to.Length; i++)
        {
            bool keep = Philox.Draw(key.Stream, key.Step, key.First + (ulong)i) >= key.Threshold;
            Store(ref to[i], keep ? scale * from[i] : 0, beta);
        }
    }

    private static int OutputOf(in ReduceLayout layout, int input)
    {
        int output = 0, stride = 1;
        for (int axis = layout.Rank - 1; axis >= 0; axis--)
        {
            int index = input % layout.Extent(axis);
            input /= layout.Extent(axis);
            if (!layout.IsKept(axis)) continue;
            output += index * stride;
            stride *= layout.Extent(axis);
        }
        return output;
    }
}
