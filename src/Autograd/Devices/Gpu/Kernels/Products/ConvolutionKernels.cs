using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>A <see cref="Conv2dShape"/> as a kernel argument.</summary>
internal struct ConvolutionArguments
{
    public int Height, Width, Channels, Outputs, OutputHeight, OutputWidth, KernelHeight, KernelWidth, StrideY, StrideX, PaddingY, PaddingX, DilationY, DilationX;
    public int GroupChannels, GroupOutputs, HasBias, Activation;

    public static ConvolutionArguments Of(in Conv2dShape shape) => new()
    {
        Height = shape.Height,
        Width = shape.Width,
        Channels = shape.Channels,
        Outputs = shape.Outputs,
        OutputHeight = shape.OutputHeight,
        OutputWidth = shape.OutputWidth,
        KernelHeight = shape.Kernel.Height,
        KernelWidth = shape.Kernel.Width,
        StrideY = shape.Stride.Height,
        StrideX = shape.Stride.Width,
        PaddingY = shape.Padding.Height,
        PaddingX = shape.Padding.Width,
        DilationY = shape.Dilation.Height,
        DilationX = shape.Dilation.Width,
        GroupChannels = shape.GroupChannels,
        GroupOutputs = shape.GroupOutputs,
    };
}

/// <summary>Convolutions straight from their definition, for groups too narrow for a product's tiles: depthwise ones above all. The order of every sum follows from the shape.</summary>
internal static class ConvolutionKernels
{
    /// <summary>One thread an element of the result.</summary>
    internal static void Forward(ArrayView<float> x, ArrayView<float> w, ArrayView<float> bias, ArrayView<float> y, ConvolutionArguments s)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.IntLength) return;
        int pixel = i / s.Outputs, o = i - (pixel * s.Outputs);
        int row = pixel / s.OutputWidth, ox = pixel - (row * s.OutputWidth), n = row / s.OutputHeight, oy = row - (n * s.OutputHeight);
        int first = o / s.GroupOutputs * s.GroupChannels, weight = o * s.KernelHeight * s.KernelWidth * s.GroupChannels;
        float sum = s.HasBias != 0 ? bias[o] : 0f;
        for (int ky = 0; ky < s.KernelHeight; ky++)
        {
            int iy = (oy * s.StrideY) - s.PaddingY + (ky * s.DilationY);
            if (iy < 0 || iy >= s.Height) continue;
            for (int kx = 0; kx < s.KernelWidth; kx++)
            {
                int ix = (ox * s.StrideX) - s.PaddingX + (kx * s.DilationX);
                if (ix < 0 || ix >= s.Width) continue;
                int from = (((((n * s.Height) + iy) * s.Width) + ix) * s.Channels) + first, by = weight + (((ky * s.KernelWidth) + kx) * s.GroupChannels);
                for (int c = 0; c < s.GroupChannels; c++) sum += x[from + c] * w[by + c];
            }
        }
        y[i] = Cell.Activate(sum, s.Activation);
    }

    /// <summary>One thread an element of the images: it gathers from the outputs that it took part in.</summary>
    internal static void InputGradient(ArrayView<float> dy, ArrayView<float> w, ArrayView<float> dx, ConvolutionArguments s, float beta)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= dx.IntLength) return;
        int pixel = i / s.Channels, channel = i - (pixel * s.Channels);
        int row = pixel / s.Width, ix = pixel - (row * s.Width), n = row / s.Height, iy = row - (n * s.Height);
        int group = channel / s.GroupChannels, c = channel - (group * s.GroupChannels), first = group * s.GroupOutputs, taps = s.KernelHeight * s.KernelWidth;
        float sum = 0f;
        for (int ky = 0; ky < s.KernelHeight; ky++)
        {
            int ty = iy + s.PaddingY - (ky * s.DilationY), oy = ty / s.StrideY;
            if (ty < 0 || oy >= s.OutputHeight || oy * s.StrideY != ty) continue;
            for (int kx = 0; kx < s.KernelWidth; kx++)
            {
                int tx = ix + s.PaddingX - (kx * s.DilationX), ox = tx / s.StrideX;
                if (tx < 0 || ox >= s.OutputWidth || ox * s.StrideX != tx) continue;
                int from = (((((n * s.OutputHeight) + oy) * s.OutputWidth) + ox) * s.Outputs) + first, tap = (ky * s.KernelWidth) + kx;
                for (int o = 0; o < s.GroupOutputs; o++) sum += dy[from + o] * w[((((first + o) * taps) + tap) * s.GroupChannels) + c];
            }
        }
        Cell.Store(dx, i, sum, beta);
    }

    /// <summary>
    /// One group a chunk of the result's pixels for the weights of one output and tap, a tile of channels at a time: threads lie side by side as the channels do. Tiles are innermost, then taps, outputs, chunks.
    /// </summary>
    internal static void WeightGradient(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> sums, ConvolutionArguments s, ChannelTiles tiles, float beta)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int unit = Grid.IdxX, rest = unit / tiles.Tiles, lane = ((unit - (rest * tiles.Tiles)) * tiles.Width) + (Group.IdxX & (tiles.Width - 1));
        int tapRow = rest / s.KernelWidth, kx = rest - (tapRow * s.KernelWidth), row = tapRow / s.KernelHeight, ky = tapRow - (row * s.KernelHeight);
        int chunk = row / s.Outputs, o = row - (chunk * s.Outputs), c = lane < s.GroupChannels ? lane : s.GroupChannels - 1;
        int channel = (o / s.GroupOutputs * s.GroupChannels) + c, end = (chunk + 1) * tiles.Chunk < tiles.Rows ? (chunk + 1) * tiles.Chunk : tiles.Rows;
        float sum = 0f;
        for (int pixel = (chunk * tiles.Chunk) + (Group.IdxX / tiles.Width); pixel < end; pixel += tiles.Step)
        {
            int line = pixel / s.OutputWidth, ox = pixel - (line * s.OutputWidth), n = line / s.OutputHeight, oy = line - (n * s.OutputHeight);
            int iy = (oy * s.StrideY) - s.PaddingY + (ky * s.DilationY), ix = (ox * s.StrideX) - s.PaddingX + (kx * s.DilationX);
            if (iy >= 0 && iy < s.Height && ix >= 0 && ix < s.Width)
                sum += dy[(pixel * s.Outputs) + o] * x[(((((n * s.Height) + iy) * s.Width) + ix) * s.Channels) + channel];
        }
        sum = Cell.LaneSum(shared, sum, tiles.Width);
        if (Group.IdxX < tiles.Width && lane < s.GroupChannels) Cell.Store(sums, (rest * s.GroupChannels) + c, sum, beta);
    }
}
