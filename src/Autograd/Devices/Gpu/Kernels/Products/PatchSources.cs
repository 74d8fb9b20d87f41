using ILGPU;

namespace ResearchFreeze.Autograd;

// A convolution's images and weights as matrices whose elements are found where they lie. Lines are pixels or weights; the depth runs over taps and, innermost, channels, or over pixels. The batch is the group.

/// <summary>The images as the forward product sees them: a line for each of the result's pixels, the depth over taps and the group's channels.</summary>
internal struct Patches(ConvolutionArguments shape, int lines, int isWide) : ITapSource
{
    private ConvolutionArguments s = shape;

    public int Lines = lines, IsWide = isWide;

    public static bool IsDeep => true;

    public static bool IsScattered => false;

    public readonly int End(int batch, int end) => end;

    public readonly int Row(int batch, int line) => line;

    public readonly TileLine Line(int batch, int line)
    {
        int row = line / s.OutputWidth, ox = line - (row * s.OutputWidth), image = row / s.OutputHeight, oy = row - (image * s.OutputHeight);
        return new()
        {
            Offset = line < Lines ? (image * s.Height * s.Width * s.Channels) + (batch * s.GroupChannels) : -1,
            Y = (oy * s.StrideY) - s.PaddingY,
            X = (ox * s.StrideX) - s.PaddingX,
        };
    }

    public readonly TileDepth Depth(int batch, int depth, int end) => TapWalk.Start(depth, end, s.GroupChannels, s);

    public readonly Four Read(ArrayView<float> x, TileLine line, TileDepth depth) => TapWalk.Read(this, x, line, depth, IsWide);

    public readonly TileDepth Advance(TileDepth depth, int steps) => TapWalk.Advance(depth, steps, s.GroupChannels, s);

    public readonly int Place(TileLine line, TileDepth depth)
    {
        int y = line.Y + depth.Y, x = line.X + depth.X;
        bool isInside = depth.Left > 0 && line.Offset >= 0 && y >= 0 && y < s.Height && x >= 0 && x < s.Width;
        return isInside ? line.Offset + (((y * s.Width) + x) * s.Channels) + depth.Channel : -1;
    }
}

/// <summary>The result's gradient as the input gradient sees it: a line for each pixel of the images, the depth over taps and the group's outputs; zeros where a tap led from no such pixel.</summary>
internal struct GradientPatches(ConvolutionArguments shape, int lines, int isWide) : ITapSource
{
    private ConvolutionArguments s = shape;

    public int Lines = lines, IsWide = isWide;

    public static bool IsDeep => true;

    public static bool IsScattered => false;

    public readonly int End(int batch, int end) => end;

    public readonly int Row(int batch, int line) => line;

    public readonly TileLine Line(int batch, int line)
    {
        int row = line / s.Width, ix = line - (row * s.Width), image = row / s.Height, iy = row - (image * s.Height);
        return new()
        {
            Offset = line < Lines ? (image * s.OutputHeight * s.OutputWidth * s.Outputs) + (batch * s.GroupOutputs) : -1,
            Y = iy + s.PaddingY,
            X = ix + s.PaddingX,
        };
    }

    public readonly TileDepth Depth(int batch, int depth, int end) => TapWalk.Start(depth, end, s.GroupOutputs, s);

    public readonly Four Read(ArrayView<float> x, TileLine line, TileDepth depth) => TapWalk.Read(this, x, line, depth, IsWide);

    public readonly TileDepth Advance(TileDepth depth, int steps) => TapWalk.Advance(depth, steps, s.GroupOutputs, s);

    public readonly int Place(TileLine line, TileDepth depth)
    {
        int y = line.Y - depth.Y, x = line.X - depth.X;
        int oy = s.StrideY == 1 ? y : y / s.StrideY, ox = s.StrideX == 1 ? x : x / s.StrideX;
        bool isInside = depth.Left > 0 && line.Offset >= 0 && y >= 0 && oy < s.OutputHeight && oy * s.StrideY == y && x >= 0 && ox < s.OutputWidth && ox * s.StrideX == x;
        return isInside ? line.Offset + (((oy * s.OutputWidth) + ox) * s.Outputs) + depth.Channel : -1;
    }
}

/// <summary>The weights as the input gradient sees them: a line for each channel of the group, the depth over taps and the group's outputs.</summary>
internal struct TapWeights(ConvolutionArguments shape, int isWide) : ITileSource
{
    private ConvolutionArguments s = shape;

    public int IsWide = isWide;

    public static bool IsDeep => false;

    public static bool IsScattered => false;

    public readonly int End(int batch, int end) => end;

    public readonly int Row(int batch, int line) => line;

    // A group's outputs are this far apart for one tap.
    private readonly int OutputSize => s.KernelHeight * s.KernelWidth * s.GroupChannels;

    public readonly TileLine Line(int batch, int line) => new() { Offset = (batch * s.GroupOutputs * OutputSize) + line, Lines = s.GroupChannels - line };

    public readonly TileDepth Depth(int batch, int depth, int end)
    {
        int tap = depth / s.GroupOutputs, output = depth - (tap * s.GroupOutputs);
        return new() { Left = end - depth, Offset = (output * OutputSize) + (tap * s.GroupChannels), Channel = output };
    }

    public readonly Four Read(ArrayView<float> x, TileLine line, TileDepth depth) =>
        Four.Read(x, line.Offset + depth.Offset, depth.Left > 0 ? line.Lines : 0, IsWide);

    public readonly TileDepth Advance(TileDepth depth, int steps)
    {
        depth.Left -= steps;
        depth.Channel += steps;
        depth.Offset += steps * OutputSize;
        while (depth.Channel >= s.GroupOutputs)
        {
            depth.Channel -= s.GroupOutputs;
            depth.Offset += s.GroupChannels - (s.GroupOutputs * OutputSize);
        }
        return depth;
    }
}

/// <summary>The images as the weight gradient sees them: a line for each tap and channel of the group, the depth over the result's pixels.</summary>
internal struct PixelPatches(ConvolutionArguments shape, int isWide) : ITileSource
{
    private ConvolutionArguments s = shape;

    public int IsWide = isWide;

    public static bool IsDeep => false;

    public static bool IsScattered => false;

    public readonly int End(int batch, int end) => end;

    public readonly int Row(int batch, int line) => line;

    public readonly TileLine Line(int batch, int line)
    {
        int tap = line / s.GroupChannels, tapY = tap / s.KernelWidth, channel = line - (tap * s.GroupChannels);
        return new()
        {
            Offset = (batch * s.GroupChannels) + channel,
            Y = (tapY * s.DilationY) - s.PaddingY,
            X = ((tap - (tapY * s.KernelWidth)) * s.DilationX) - s.PaddingX,
            Channels = s.GroupChannels - channel,
        };
    }

    public readonly TileDepth Depth(int batch, int depth, int end)
    {
        int row = depth / s.OutputWidth, image = row / s.OutputHeight;
        return new()
        {
            Left = end - depth,
            Offset = image * s.Height * s.Width * s.Channels,
            Y = (row - (image * s.OutputHeight)) * s.StrideY,
            X = (depth - (row * s.OutputWidth)) * s.StrideX,
        };
    }

    public readonly Four Read(ArrayView<float> x, TileLine line, TileDepth depth)
    {
        if (IsWide != 0)
        {
            int place = Place(line, depth);
            return place >= 0 ? x.Cast<Four>()[place >> 2] : default;
        }
        Four values = default;
        values.X = Element(x, line, depth);
        line = Next(line);
        values.Y = Element(x, line, depth);
        line = Next(line);
        values.Z = Element(x, line, depth);
        line = Next(line);
        values.W = Element(x, line, depth);
        return values;
    }

    public readonly TileDepth Advance(TileDepth depth, int steps)
    {
        depth.Left -= steps;
        depth.X += steps * s.StrideX;
        while (depth.X >= s.OutputWidth * s.StrideX)
        {
            depth.X -= s.OutputWidth * s.StrideX;
            depth.Y += s.StrideY;
            if (depth.Y < s.OutputHeight * s.StrideY) continue;
            depth.Y = 0;
            depth.Offset += s.Height * s.Width * s.Channels;
        }
        return depth;
    }

    private readonly TileLine Next(TileLine line)
    {
        line.Offset++;
        line.Channels--;
        if (line.Channels > 0) return line;
        line.Offset -= s.GroupChannels;
        line.Channels = s.GroupChannels;
        line.X += s.DilationX;
        if (line.X + s.PaddingX < s.KernelWidth * s.DilationX) return line;
        line.X = -s.PaddingX;
        line.Y += s.DilationY;
        return line;
    }

    private readonly float Element(ArrayView<float> x, TileLine line, TileDepth depth)
    {
        int place = Place(line, depth);
        return place >= 0 ? x[place] : 0f;
    }

    private readonly int Place(TileLine line, TileDepth depth)
    {
        // Lines beyond the last are of taps below the kernel.
        int y = line.Y + depth.Y, x = line.X + depth.X;
        bool isInside = depth.Left > 0 && line.Y + s.PaddingY < s.KernelHeight * s.DilationY && y >= 0 && y < s.Height && x >= 0 && x < s.Width;
        return isInside ? line.Offset + depth.Offset + (((y * s.Width) + x) * s.Channels) : -1;
    }
}

/// <summary>Windows of an image whose depth runs over taps and channels.</summary>
internal interface ITapSource : ITileSource
{
    /// <summary>Where an element lies; −1 in the padding and beyond the edges.</summary>
    int Place(TileLine line, TileDepth depth);
}

/// <summary>A depth over taps, column by column, row by row, and the channels of each.</summary>
internal static class TapWalk
{
    public static TileDepth Start(int depth, int end, int channels, ConvolutionArguments s)
    {
        int tap = depth / channels, tapY = tap / s.KernelWidth;
        return new() { Left = end - depth, Y = tapY * s.DilationY, X = (tap - (tapY * s.KernelWidth)) * s.DilationX, Channel = depth - (tap * channels) };
    }

    public static TileDepth Advance(TileDepth depth, int steps, int channels, ConvolutionArguments s)
    {
        depth.Left -= steps;
        depth.Channel += steps;
        while (depth.Channel >= channels)
        {
            depth.Channel -= channels;
            depth.X += s.DilationX;
            if (depth.X < s.KernelWidth * s.DilationX) continue;
            depth.X = 0;
            depth.Y += s.DilationY;
        }
        return depth;
    }

    /// <summary>Four elements along the depth: of one tap and side by side, or each to be found.</summary>
    public static Four Read<TSource>(TSource source, ArrayView<float> x, TileLine line, TileDepth depth, int isWide)
        where TSource : unmanaged, ITapSource
    {
        if (isWide != 0)
        {
            int place = source.Place(line, depth);
            return place >= 0 ? x.Cast<Four>()[place >> 2] : default;
        }
        Four values = default;
        values.X = Element(source, x, line, depth);
        depth = source.Advance(depth, 1);
        values.Y = Element(source, x, line, depth);
        depth = source.Advance(depth, 1);
        values.Z = Element(source, x, line, depth);
        depth = source.Advance(depth, 1);
        values.W = Element(source, x, line, depth);
        return values;
    }

    private static float Element<TSource>(TSource source, ArrayView<float> x, TileLine line, TileDepth depth)
        where TSource : unmanaged, ITapSource
    {
        int place = source.Place(line, depth);
        return place >= 0 ? x[place] : 0f;
    }
}
