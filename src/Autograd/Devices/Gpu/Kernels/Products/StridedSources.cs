using ILGPU;

namespace ResearchFreeze.Autograd;

// The operands of an input gradient with a stride. A tap that leads to a pixel leads to all those whose place, padding included, leaves the same remainder by the stride, and to no others. So the pixels are taken class by class:
// for each pair of remainders a product of its own, over the taps of that class alone, and no zeros are multiplied. The batch is the group and, innermost, the class.

/// <summary>The result's gradient as an input gradient with a stride sees it: a line for each pixel of a class, the depth over the class's taps and the group's outputs.</summary>
internal struct StridedGradientPatches(ConvolutionArguments shape, int lines, int isWide) : ITapSource
{
    private ConvolutionArguments s = shape;

    public int Lines = lines, IsWide = isWide;

    public static bool IsDeep => true;

    public static bool IsScattered => true;

    public readonly int End(int batch, int end)
    {
        int depth = TapClass.Of(batch, s).Count * s.GroupOutputs;
        return end < depth ? end : depth;
    }

    public readonly int Row(int batch, int line)
    {
        TapClass taps = TapClass.Of(batch, s);
        TapPixel pixel = taps.Pixel(line, s);
        return line < Lines && pixel.Y < s.Height && pixel.X < s.Width ? (((((pixel.Image * s.Height) + pixel.Y) * s.Width) + pixel.X) * s.Channels) + (taps.Group * s.GroupChannels) : -1;
    }

    public readonly TileLine Line(int batch, int line)
    {
        TapClass taps = TapClass.Of(batch, s);
        TapPixel pixel = taps.Pixel(line, s);
        bool isInside = line < Lines && pixel.Y < s.Height && pixel.X < s.Width;
        return new()
        {
            Offset = isInside ? (pixel.Image * s.OutputHeight * s.OutputWidth * s.Outputs) + (taps.Group * s.GroupOutputs) : -1,
            // Whole: that is what a class is.
            Y = (pixel.Y + s.PaddingY - taps.Y) / s.StrideY,
            X = (pixel.X + s.PaddingX - taps.X) / s.StrideX,
        };
    }

    public readonly TileDepth Depth(int batch, int depth, int end)
    {
        int columns = TapClass.Of(batch, s).Columns, tap = depth / s.GroupOutputs, tapY = tap / columns;
        return new() { Left = end - depth, Y = tapY, X = tap - (tapY * columns), Channel = depth - (tap * s.GroupOutputs), Edge = columns };
    }

    public readonly Four Read(ArrayView<float> x, TileLine line, TileDepth depth) => TapWalk.Read(this, x, line, depth, IsWide);

    public readonly TileDepth Advance(TileDepth depth, int steps)
    {
        depth.Left -= steps;
        depth.Channel += steps;
        while (depth.Channel >= s.GroupOutputs)
        {
            depth.Channel -= s.GroupOutputs;
            depth.X++;
            if (depth.X < depth.Edge) continue;
            depth.X = 0;
            depth.Y++;
        }
        return depth;
    }

    public readonly int Place(TileLine line, TileDepth depth)
    {
        int y = line.Y - depth.Y, x = line.X - depth.X;
        bool isInside = depth.Left > 0 && line.Offset >= 0 && y >= 0 && y < s.OutputHeight && x >= 0 && x < s.OutputWidth;
        return isInside ? line.Offset + (((y * s.OutputWidth) + x) * s.Outputs) + depth.Channel : -1;
    }
}

/// <summary>The weights as an input gradient with a stride sees them: a line for each channel of the group, the depth over the class's taps and the group's outputs.</summary>
internal struct StridedTapWeights(ConvolutionArguments shape, int isWide) : ITileSource
{
    private ConvolutionArguments s = shape;

    public int IsWide = isWide;

    public static bool IsDeep => false;

    public static bool IsScattered => true;

    private readonly int OutputSize => s.KernelHeight * s.KernelWidth * s.GroupChannels;

    public readonly int End(int batch, int end) => end;

    public readonly int Row(int batch, int line) => line;

    public readonly TileLine Line(int batch, int line) => new() { Offset = (TapClass.Of(batch, s).Group * s.GroupOutputs * OutputSize) + line, Lines = s.GroupChannels - line };

    public readonly TileDepth Depth(int batch, int depth, int end)
    {
        TapClass taps = TapClass.Of(batch, s);
        int tap = depth / s.GroupOutputs, tapY = tap / taps.Columns, tapX = tap - (tapY * taps.Columns);
        return new() { Left = end - depth, Y = taps.Y + (tapY * s.StrideY), X = taps.X + (tapX * s.StrideX), Channel = depth - (tap * s.GroupOutputs), Edge = taps.X };
    }

    public readonly Four Read(ArrayView<float> x, TileLine line, TileDepth depth)
    {
        int offset = (depth.Channel * OutputSize) + (((depth.Y * s.KernelWidth) + depth.X) * s.GroupChannels);
        return Four.Read(x, line.Offset + offset, depth.Left > 0 ? line.Lines : 0, IsWide);
    }

    public readonly TileDepth Advance(TileDepth depth, int steps)
    {
        depth.Left -= steps;
        depth.Channel += steps;
        while (depth.Channel >= s.GroupOutputs)
        {
            depth.Channel -= s.GroupOutputs;
            depth.X += s.StrideX;
            if (depth.X < s.KernelWidth) continue;
            depth.X = depth.Edge;
            depth.Y += s.StrideY;
        }
        return depth;
    }
}

/// <summary>Where a pixel of a class lies.</summary>
internal struct TapPixel
{
    public int Image, Y, X;
}

/// <summary>A class of pixels and of the taps that lead to them.</summary>
internal struct TapClass
{
    /// <summary>The group, and the first tap.</summary>
    public int Group, Y, X;

    /// <summary>Taps of the class, and how many of them lie side by side; at least 1, also where there are none.</summary>
    public int Count, Columns;

    public static TapClass Of(int batch, ConvolutionArguments s)
    {
        int classes = s.StrideY * s.StrideX, group = batch / classes, rest = batch - (group * classes), y = rest / s.StrideX, x = rest - (y * s.StrideX);
        int rows = y < s.KernelHeight ? ((s.KernelHeight - y - 1) / s.StrideY) + 1 : 0, columns = x < s.KernelWidth ? ((s.KernelWidth - x - 1) / s.StrideX) + 1 : 0;
        return new() { Group = group, Y = y, X = x, Count = rows * columns, Columns = columns > 0 ? columns : 1 };
    }

    /// <summary>A class's pixels are as many for all: those of the smaller classes may lie beyond the image.</summary>
    public readonly TapPixel Pixel(int line, ConvolutionArguments s)
    {
        int height = (s.Height + s.StrideY - 1) / s.StrideY, width = (s.Width + s.StrideX - 1) / s.StrideX;
        int row = line / width, column = line - (row * width), image = row / height;
        row -= image * height;
        // The first pixel whose place in the padded image leaves the class's remainder.
        int firstY = (Y - (s.PaddingY % s.StrideY) + s.StrideY) % s.StrideY, firstX = (X - (s.PaddingX % s.StrideX) + s.StrideX) % s.StrideX;
        return new() { Image = image, Y = firstY + (row * s.StrideY), X = firstX + (column * s.StrideX) };
    }
}
