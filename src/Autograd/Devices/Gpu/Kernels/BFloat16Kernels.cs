using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>Between float32 and bfloat16, one thread an element, in integers: a bit of a float32 is not the same on every device once it has been computed with.</summary>
internal static class BFloat16Kernels
{
    internal static void To(ArrayView<float> x, ArrayView<ushort> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i < y.IntLength) y[i] = (ushort)Rounding.ToBFloat16(x[i]);
    }

    internal static void From(ArrayView<ushort> x, ArrayView<float> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i < y.IntLength) y[i] = Interop.IntAsFloat((uint)x[i] << 16);
    }
}
