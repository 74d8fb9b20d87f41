using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>One thread an element. Formulas come in as structs, their constants as the structs' fields.</summary>
internal static class ElementwiseKernels
{
    internal static void Fill(ArrayView<float> y, float value)
    {
        int i = Grid.GlobalIndex.X;
        if (i < y.IntLength) y[i] = value;
    }

    internal static void Map<TOp>(ArrayView<float> x, ArrayView<float> y, float beta, TOp op)
        where TOp : unmanaged, IMapOp<float>
    {
        int i = Grid.GlobalIndex.X;
        if (i < y.IntLength) Cell.Store(y, i, op.Apply(x[i]), beta);
    }

    internal static void MapBackward<TOp>(ArrayView<float> x, ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, float beta, TOp op)
        where TOp : unmanaged, IMapOp<float>
    {
        int i = Grid.GlobalIndex.X;
        if (i < dx.IntLength) Cell.Store(dx, i, dy[i] * op.Derivative(x[i], y[i]), beta);
    }

    internal static void Zip<TOp>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, float beta, TOp op)
        where TOp : unmanaged, IZipOp<float>
    {
        int i = Grid.GlobalIndex.X;
        if (i < y.IntLength) Cell.Store(y, i, op.Apply(a[i], b[i]), beta);
    }

    internal static void ZipBroadcast<TOp>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, BroadcastWalk walk, float beta, TOp op)
        where TOp : unmanaged, IZipOp<float>
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.IntLength) return;
        (int ia, int ib) = walk.Locate(i);
        Cell.Store(y, i, op.Apply(a[ia], b[ib]), beta);
    }

    internal static void Expand(ArrayView<float> x, ArrayView<float> y, BroadcastWalk walk, float scale, float beta)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.IntLength) return;
        (int source, int _) = walk.Locate(i);
        Cell.Store(y, i, scale * x[source], beta);
    }

    internal static void RestoreWhere(ArrayView<float> mask, ArrayView<float> x, ArrayView<float> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i < y.IntLength && mask[i] == 0) y[i] = x[i];
    }

    internal static void AddScaled(float alpha, ArrayView<float> x, float beta, ArrayView<float> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i < y.IntLength) Cell.Store(y, i, alpha * x[i], beta);
    }
}
