using ILGPU;

namespace ResearchFreeze.Autograd;

// A convolution's images and weights as matrices whose elements are found where they lie. Lines are pixels or weights; the depth runs over taps and, innermost, channels, or over pixels. The batch is the group.

/// <summary>The images as the forward product sees them: a line for each of the result's pixels, the depth over taps and the group's channels.</summary>
internal struct Patches(ConvolutionArguments shape, int lines, int isWide) : ITileSource
{
    private ConvolutionArguments s = shape;

    public int Lines = lines, IsWide = isWide;

    public static bool IsDeep => true;

    public readonly TileCursor Start(int batch, int line, int depth, int end)
    {
        int row = line / s.OutputWidth, ox = line - (row * s.OutputWidth), image = row / s.OutputHeight, oy = row - (image * s.OutputHeight);
        int tap = depth / s.GroupChannels, tapY = tap / s.KernelWidth;
        return new()
        {
            Left = line < Lines ? end - depth : 0,
            Offset = (image * s.Height * s.Width * s.Channels) + (batch * s.GroupChannels),
            Y = (oy * s.StrideY) - s.PaddingY,
            X = (ox * s.StrideX) - s.PaddingX,
            TapY = tapY,
            TapX = tap - (tapY * s.KernelWidth),
            Channel = depth - (tap * s.GroupChannels),
        };
    }

    public readonly Four Read(ArrayView<float> x, TileCursor at)
    {
        if (IsWide != 0)
        {
            int place = Place(at);
            return place >= 0 ? x.Cast<Four>()[place >> 2] : default;
        }
        Four values = default;
        values.X = Element(x, at);
        at = Advance(at, 1);
        values.Y = Element(x, at);
        at = Advance(at, 1);
        values.Z = Element(x, at);
        at = Advance(at, 1);
        values.W = Element(x, at);
        return values;
    }

    public readonly TileCursor Advance(TileCursor at, int depths)
    {
        at.Left -= depths;
        at.Channel += depths;
        while (at.Channel >= s.GroupChannels)
        {
            at.Channel -= s.GroupChannels;
            at.TapX++;
            if (at.TapX < s.KernelWidth) continue;
            at.TapX = 0;
            at.TapY++;
        }
        return at;
    }

    private readonly float Element(ArrayView<float> x, TileCursor at)
    {
        int place = Place(at);
        return place >= 0 ? x[place] : 0f;
    }

    /// <summary>Where the element lies; −1 in the padding and beyond the edges.</summary>
    private readonly int Place(TileCursor at)
    {
        int y = at.Y + (at.TapY * s.DilationY), x = at.X + (at.TapX * s.DilationX);
        bool isInside = at.Left > 0 && y >= 0 && y < s.Height && x >= 0 && x < s.Width;
        return isInside ? at.Offset + (((y * s.Width) + x) * s.Channels) + at.Channel : -1;
    }
}

/// <summary>The result's gradient as the input gradient sees it: a line for each pixel of the images, the depth over taps and the group's outputs; zeros where a tap led from no such pixel.</summary>
internal struct GradientPatches(ConvolutionArguments shape, int lines, int isWide) : ITileSource
{
    private ConvolutionArguments s = shape;

    public int Lines = lines, IsWide = isWide;

    public static bool IsDeep => true;

    public readonly TileCursor Start(int batch, int line, int depth, int end)
    {
        int row = line / s.Width, ix = line - (row * s.Width), image = row / s.Height, iy = row - (image * s.Height);
        int tap = depth / s.GroupOutputs, tapY = tap / s.KernelWidth;
        return new()
        {
            Left = line < Lines ? end - depth : 0,
            Offset = (image * s.OutputHeight * s.OutputWidth * s.Outputs) + (batch * s.GroupOutputs),
            Y = iy + s.PaddingY,
            X = ix + s.PaddingX,
            TapY = tapY,
            TapX = tap - (tapY * s.KernelWidth),
            Channel = depth - (tap * s.GroupOutputs),
        };
    }

    public readonly Four Read(ArrayView<float> x, TileCursor at)
    {
        if (IsWide != 0)
        {
            int place = Place(at);
            return place >= 0 ? x.Cast<Four>()[place >> 2] : default;
        }
        Four values = default;
        values.X = Element(x, at);
        at = Advance(at, 1);
        values.Y = Element(x, at);
        at = Advance(at, 1);
        values.Z = Element(x, at);
        at = Advance(at, 1);
        values.W = Element(x, at);
        return values;
    }

    public readonly TileCursor Advance(TileCursor at, int depths)
    {
        at.Left -= depths;
        at.Channel += depths;
        while (at.Channel >= s.GroupOutputs)
        {
            at.Channel -= s.GroupOutputs;
            at.TapX++;
            if (at.TapX < s.KernelWidth) continue;
            at.TapX = 0;
            at.TapY++;
        }
        return at;
    }

    private readonly float Element(ArrayView<float> x, TileCursor at)
    {
        int place = Place(at);
        return place >= 0 ? x[place] : 0f;
    }

    private readonly int Place(TileCursor at)
    {
        int y = at.Y - (at.TapY * s.DilationY), x = at.X - (at.TapX * s.DilationX);
        int oy = s.StrideY == 1 ? y : y / s.StrideY, ox = s.StrideX == 1 ? x : x / s.StrideX;
        bool isInside = at.Left > 0 && y >= 0 && oy < s.OutputHeight && oy * s.StrideY == y && x >= 0 && ox < s.OutputWidth && ox * s.StrideX == x;
        return isInside ? at.Offset + (((oy * s.OutputWidth) + ox) * s.Outputs) + at.Channel : -1;
    }
}

/// <summary>The weights as the input gradient sees them: a line for each channel of the group, the depth over taps and the group's outputs.</summary>
internal struct TapWeights(ConvolutionArguments shape, int isWide) : ITileSource
{
    private ConvolutionArguments s = shape;

    public int IsWide = isWide;

    public static bool IsDeep => false;

    public readonly TileCursor Start(int batch, int line, int depth, int end)
    {
        int tap = depth / s.GroupOutputs;
        return new() { Left = end - depth, Lines = s.GroupChannels - line, Offset = (batch * s.GroupOutputs * s.KernelHeight * s.KernelWidth * s.GroupChannels) + line, TapX = tap, Channel = depth - (tap * s.GroupOutputs) };
    }

    public readonly Four Read(ArrayView<float> x, TileCursor at)
    {
        int lines = at.Left > 0 ? at.Lines : 0, place = at.Offset + (((at.Channel * s.KernelHeight * s.KernelWidth) + at.TapX) * s.GroupChannels);
        if (IsWide != 0) return lines > 0 ? x.Cast<Four>()[place >> 2] : default;
        return new Four(lines > 0 ? x[place] : 0f, lines > 1 ? x[place + 1] : 0f, lines > 2 ? x[place + 2] : 0f, lines > 3 ? x[place + 3] : 0f);
    }

    public readonly TileCursor Advance(TileCursor at, int depths)
    {
        at.Left -= depths;
        at.Channel += depths;
        while (at.Channel >= s.GroupOutputs)
        {
            at.Channel -= s.GroupOutputs;
            at.TapX++;
        }
        return at;
    }
}

/// <summary>The images as the weight gradient sees them: a line for each tap and channel of the group, the depth over the result's pixels.</summary>
internal struct PixelPatches(ConvolutionArguments shape, int lines, int isWide) : ITileSource
{
    private ConvolutionArguments s = shape;

    public int Lines = lines, IsWide = isWide;

    public static bool IsDeep => false;

    public readonly TileCursor Start(int batch, int line, int depth, int end)
    {
        int row = depth / s.OutputWidth, image = row / s.OutputHeight, tap = line / s.GroupChannels, tapY = tap / s.KernelWidth;
        return new()
        {
            Left = end - depth,
            Lines = Lines - line,
            Offset = (image * s.Height * s.Width * s.Channels) + (batch * s.GroupChannels) + line - (tap * s.GroupChannels),
            X = ((depth - (row * s.OutputWidth)) * s.StrideX) - s.PaddingX,
            Y = ((row - (image * s.OutputHeight)) * s.StrideY) - s.PaddingY,
            TapY = tapY * s.DilationY,
            TapX = (tap - (tapY * s.KernelWidth)) * s.DilationX,
            Channel = ((tap + 1) * s.GroupChannels) - line,
        };
    }

    public readonly Four Read(ArrayView<float> x, TileCursor at)
    {
        if (IsWide != 0)
        {
            int place = Place(at);
            return place >= 0 ? x.Cast<Four>()[place >> 2] : default;
        }
        Four values = default;
        values.X = Element(x, at);
        at = NextLine(at);
        values.Y = Element(x, at);
        at = NextLine(at);
        values.Z = Element(x, at);
        at = NextLine(at);
        values.W = Element(x, at);
        return values;
    }

    public readonly TileCursor Advance(TileCursor at, int depths)
    {
        at.Left -= depths;
        at.X += depths * s.StrideX;
        while (at.X + s.PaddingX >= s.OutputWidth * s.StrideX)
        {
            at.X -= s.OutputWidth * s.StrideX;
            at.Y += s.StrideY;
            if (at.Y + s.PaddingY < s.OutputHeight * s.StrideY) continue;
            at.Y -= s.OutputHeight * s.StrideY;
            at.Offset += s.Height * s.Width * s.Channels;
        }
        return at;
    }

    private readonly TileCursor NextLine(TileCursor at)
    {
        at.Lines--;
        at.Offset++;
        at.Channel--;
        if (at.Channel > 0) return at;
        at.Offset -= s.GroupChannels;
        at.Channel = s.GroupChannels;
        at.TapX += s.DilationX;
        if (at.TapX < s.KernelWidth * s.DilationX) return at;
        at.TapX = 0;
        at.TapY += s.DilationY;
        return at;
    }

    private readonly float Element(ArrayView<float> x, TileCursor at)
    {
        int place = Place(at);
        return place >= 0 ? x[place] : 0f;
    }

    private readonly int Place(TileCursor at)
    {
        int y = at.Y + at.TapY, x = at.X + at.TapX;
        bool isInside = at.Left > 0 && at.Lines > 0 && y >= 0 && y < s.Height && x >= 0 && x < s.Width;
        return isInside ? at.Offset + (((y * s.Width) + x) * s.Channels) : -1;
    }
}
