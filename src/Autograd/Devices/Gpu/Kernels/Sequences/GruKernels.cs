using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>One thread a unit of a row.</summary>
internal static class GruKernels
{
    internal static void Next(ArrayView<float> part, ArrayView<float> product, ArrayView<float> hidden, ArrayView<int> lengths, ArrayView<float> y, CellArguments s)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= s.Count) return;
        int row = i / s.Width, at = i + (2 * row * s.Width), last = at + (2 * s.Width);
        y[i] = s.HasLengths != 0 && s.Step >= lengths[row]
            ? hidden[i]
            : GruOp<float, GpuMath>.Next(part[at] + product[at], part[at + s.Width] + product[at + s.Width], part[last], product[last], hidden[i]);
    }

    internal static void GateGradient(ArrayView<float> part, ArrayView<float> product, ArrayView<float> hidden, ArrayView<int> lengths, ArrayView<float> dy, ArrayView<float> dx, CellArguments s, float beta)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= s.Count) return;
        int row = i / s.Width, at = i + (2 * row * s.Width), last = at + (2 * s.Width);
        float dr = 0f, dz = 0f, dn = 0f, dproduct = 0f;
        if (s.HasLengths == 0 || s.Step < lengths[row])
            (dr, dz, dn, dproduct) = GruOp<float, GpuMath>.GateGradients(part[at] + product[at], part[at + s.Width] + product[at + s.Width], part[last], product[last], hidden[i], dy[i]);
        Cell.Store(dx, at, dr, beta);
        Cell.Store(dx, at + s.Width, dz, beta);
        Cell.Store(dx, last, s.Wanted == (int)CellInput.Part ? dn : dproduct, beta);
    }

    internal static void StateGradient(ArrayView<float> part, ArrayView<float> product, ArrayView<int> lengths, ArrayView<float> dy, ArrayView<float> dx, CellArguments s, float beta)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= s.Count) return;
        int row = i / s.Width, update = i + (2 * row * s.Width) + s.Width;
        bool ended = s.HasLengths != 0 && s.Step >= lengths[row];
        Cell.Store(dx, i, ended ? dy[i] : GruOp<float, GpuMath>.HiddenGradient(part[update] + product[update], dy[i]), beta);
    }
}
