using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>One thread an element of what is written; backward passes gather from the windows that a pixel is in.</summary>
internal static class PoolingKernels
{
    internal static void MaxPool(ArrayView<float> x, ArrayView<float> y, ArrayView<int> indices, PoolingArguments s, int hasIndices)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.IntLength) return;
        int pixel = i / s.Channels, c = i - (pixel * s.Channels);
        int row = pixel / s.OutputWidth, ox = pixel - (row * s.OutputWidth), n = row / s.OutputHeight, oy = row - (n * s.OutputHeight);
        int startY = (oy * s.StrideY) - s.PaddingY, startX = (ox * s.StrideX) - s.PaddingX;
        int y0 = startY < 0 ? 0 : startY, x0 = startX < 0 ? 0 : startX;
        int y1 = startY + s.KernelHeight < s.Height ? startY + s.KernelHeight : s.Height, x1 = startX + s.KernelWidth < s.Width ? startX + s.KernelWidth : s.Width;
        int place = (((((n * s.Height) + y0) * s.Width) + x0) * s.Channels) + c;
        float best = x[place];
        for (int iy = y0; iy < y1; iy++)
        {
            for (int ix = x0; ix < x1; ix++)
            {
                int at = (((((n * s.Height) + iy) * s.Width) + ix) * s.Channels) + c;
                float value = x[at];
                if (!ExtremeKernels.IsLarger(value, best)) continue;
                best = value;
                place = at;
            }
        }
        y[i] = best;
        if (hasIndices != 0) indices[i] = place;
    }

    internal static void MaxPoolBackward(ArrayView<int> indices, ArrayView<float> dy, ArrayView<float> dx, PoolingArguments s, float beta)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= dx.IntLength) return;
        int pixel = i / s.Channels, c = i - (pixel * s.Channels);
        int row = pixel / s.Width, ix = pixel - (row * s.Width), n = row / s.Height, iy = row - (n * s.Height);
        int firstY = First(iy, s.KernelHeight, s.StrideY, s.PaddingY), endY = End(iy, s.StrideY, s.PaddingY, s.OutputHeight);
        int firstX = First(ix, s.KernelWidth, s.StrideX, s.PaddingX), endX = End(ix, s.StrideX, s.PaddingX, s.OutputWidth);
        float sum = 0f;
        for (int oy = firstY; oy < endY; oy++)
        {
            for (int ox = firstX; ox < endX; ox++)
            {
                int from = (((((n * s.OutputHeight) + oy) * s.OutputWidth) + ox) * s.Channels) + c;
                if (indices[from] == i) sum += dy[from];
            }
        }
        Cell.Store(dx, i, sum, beta);
    }

    internal static void AveragePool(ArrayView<float> x, ArrayView<float> y, PoolingArguments s)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.IntLength) return;
        int pixel = i / s.Channels, c = i - (pixel * s.Channels);
        int row = pixel / s.OutputWidth, ox = pixel - (row * s.OutputWidth), n = row / s.OutputHeight, oy = row - (n * s.OutputHeight);
        float sum = 0f;
        for (int ky = 0; ky < s.KernelHeight; ky++)
        {
            int iy = (oy * s.StrideY) - s.PaddingY + ky;
            if (iy < 0 || iy >= s.Height) continue;
            for (int kx = 0; kx < s.KernelWidth; kx++)
            {
                int ix = (ox * s.StrideX) - s.PaddingX + kx;
                if (ix >= 0 && ix < s.Width) sum += x[(((((n * s.Height) + iy) * s.Width) + ix) * s.Channels) + c];
            }
        }
        y[i] = sum / (s.KernelHeight * s.KernelWidth);
    }

    internal static void AveragePoolBackward(ArrayView<float> dy, ArrayView<float> dx, PoolingArguments s, float beta)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= dx.IntLength) return;
        int pixel = i / s.Channels, c = i - (pixel * s.Channels);
        int row = pixel / s.Width, ix = pixel - (row * s.Width), n = row / s.Height, iy = row - (n * s.Height);
        int firstY = First(iy, s.KernelHeight, s.StrideY, s.PaddingY), endY = End(iy, s.StrideY, s.PaddingY, s.OutputHeight);
        int firstX = First(ix, s.KernelWidth, s.StrideX, s.PaddingX), endX = End(ix, s.StrideX, s.PaddingX, s.OutputWidth);
        float sum = 0f;
        for (int oy = firstY; oy < endY; oy++)
        {
            for (int ox = firstX; ox < endX; ox++) sum += dy[(((((n * s.OutputHeight) + oy) * s.OutputWidth) + ox) * s.Channels) + c];
        }
        Cell.Store(dx, i, sum / (s.KernelHeight * s.KernelWidth), beta);
    }

    private static int First(int input, int kernel, int stride, int padding)
    {
        int first = input + padding - kernel + 1;
        return first <= 0 ? 0 : (first + stride - 1) / stride;
    }

    private static int End(int input, int stride, int padding, int outputs)
    {
        int end = ((input + padding) / stride) + 1;
        return end < outputs ? end : outputs;
    }
}
