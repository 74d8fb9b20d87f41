using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>One thread a unit of a row.</summary>
internal static class LstmKernels
{
    internal static void Next(ArrayView<float> part, ArrayView<float> product, ArrayView<float> cell, ArrayView<float> hidden, ArrayView<int> lengths, ArrayView<float> y, CellArguments s)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= s.Count) return;
        int row = i / s.Width;
        if (s.HasLengths != 0 && s.Step >= lengths[row])
        {
            y[i] = hidden[i];
            y[s.Count + i] = cell[i];
            return;
        }
        int at = i + (3 * row * s.Width);
        (float h, float c) = LstmOp<float, GpuMath>.Next(
            part[at] + product[at], part[at + s.Width] + product[at + s.Width], part[at + (2 * s.Width)] + product[at + (2 * s.Width)], part[at + (3 * s.Width)] + product[at + (3 * s.Width)], cell[i]);
        y[i] = h;
        y[s.Count + i] = c;
    }

    internal static void GateGradient(ArrayView<float> part, ArrayView<float> product, ArrayView<float> cell, ArrayView<int> lengths, ArrayView<float> dy, ArrayView<float> dx, CellArguments s, float beta)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= s.Count) return;
        int row = i / s.Width, at = i + (3 * row * s.Width);
        float di = 0f, df = 0f, dg = 0f, dout = 0f;
        if (s.HasLengths == 0 || s.Step < lengths[row])
        {
            (di, df, dg, dout) = LstmOp<float, GpuMath>.GateGradients(
                part[at] + product[at], part[at + s.Width] + product[at + s.Width], part[at + (2 * s.Width)] + product[at + (2 * s.Width)], part[at + (3 * s.Width)] + product[at + (3 * s.Width)],
                cell[i], dy[i], dy[s.Count + i]);
        }
        Cell.Store(dx, at, di, beta);
        Cell.Store(dx, at + s.Width, df, beta);
        Cell.Store(dx, at + (2 * s.Width), dg, beta);
        Cell.Store(dx, at + (3 * s.Width), dout, beta);
    }

    internal static void StateGradient(ArrayView<float> part, ArrayView<float> product, ArrayView<float> cell, ArrayView<int> lengths, ArrayView<float> dy, ArrayView<float> dx, CellArguments s, float beta)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= s.Count) return;
        int row = i / s.Width, at = i + (3 * row * s.Width);
        bool ended = s.HasLengths != 0 && s.Step >= lengths[row];
        float gradient;
        if (s.Wanted == (int)CellInput.Hidden) gradient = ended ? dy[i] : 0f;
        else if (ended) gradient = dy[s.Count + i];
        else
        {
            gradient = LstmOp<float, GpuMath>.CellGradient(
                part[at] + product[at], part[at + s.Width] + product[at + s.Width], part[at + (2 * s.Width)] + product[at + (2 * s.Width)], part[at + (3 * s.Width)] + product[at + (3 * s.Width)],
                cell[i], dy[i], dy[s.Count + i]);
        }
        Cell.Store(dx, i, gradient, beta);
    }
}
