namespace ResearchFreeze.Images;

/// <summary>Pixels in memory, channels together, row after row.</summary>
/// <param name="Width">Pixels a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Channels">Bytes a pixel.</param>
/// <param name="Pixels">Height · Width · Channels bytes.</param>
internal sealed record Raster(int Width, int Height, int Channels, byte[] Pixels)
{
    private const double Red = 0.299, Green = 0.587, Blue = 0.114;

    /// <summary>Turned as EXIF says: 1 as it is, 2 mirrored, 3 by 180°, 4 upside down, 5 transposed, 6 by 90° clockwise, 7 transposed along the other diagonal, 8 by 90° counter-clockwise.</summary>
    public Raster Oriented(int orientation)
    {
        if (orientation is <= 1 or > 8) return this;
        bool swaps = orientation >= 5;
        int width = swaps ? Height : Width, height = swaps ? Width : Height;
        var turned = new byte[Pixels.Length];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                (int fromX, int fromY) = orientation switch
                {
                    2 => (Width - 1 - x, y),
                    3 => (Width - 1 - x, Height - 1 - y),
                    4 => (x, Height - 1 - y),
                    5 => (y, x),
                    6 => (y, Height - 1 - x),
                    7 => (Width - 1 - y, Height - 1 - x),
                    _ => (Width - 1 - y, x),
                };
                Pixels.AsSpan(((fromY * Width) + fromX) * Channels, Channels).CopyTo(turned.AsSpan(((y * width) + x) * Channels));
            }
        }
        return new Raster(width, height, Channels, turned);
    }

    /// <summary>
    /// The shorter side resized, then the middle square. Each pixel is the mean of the area that it covers, so that nothing of a large image is skipped; in a small one pixels are repeated, mixed where two meet.
    /// </summary>
    public Raster Square(int size)
    {
        double scale = Math.Min(Width, Height) / (double)size;
        double left = (Width - (scale * size)) / 2, top = (Height - (scale * size)) / 2;
        var square = new byte[size * size * Channels];
        var sums = new double[Channels];
        for (int y = 0; y < size; y++)
        {
            double fromY = top + (y * scale), toY = fromY + scale;
            for (int x = 0; x < size; x++)
            {
                Area(left + (x * scale), fromY, left + ((x + 1) * scale), toY, sums);
                for (int channel = 0; channel < Channels; channel++) square[(((y * size) + x) * Channels) + channel] = ToByte(sums[channel] / (scale * scale));
            }
        }
        return new Raster(size, size, Channels, square);
    }

    /// <summary>One channel of luma of red, green and blue.</summary>
    public Raster Luma()
    {
        var luma = new byte[Width * Height];
        for (int i = 0; i < luma.Length; i++) luma[i] = ToByte((Red * Pixels[3 * i]) + (Green * Pixels[(3 * i) + 1]) + (Blue * Pixels[(3 * i) + 2]));
        return new Raster(Width, Height, 1, luma);
    }

    /// <summary>Sums over a rectangle, in which pixels at its edges count by the part that is inside.</summary>
    private void Area(double fromX, double fromY, double toX, double toY, double[] sums)
    {
        Array.Clear(sums);
        for (int y = (int)fromY; y < Math.Min(Height, toY); y++)
        {
            double high = Math.Min(toY, y + 1) - Math.Max(fromY, y);
            for (int x = (int)fromX; x < Math.Min(Width, toX); x++)
            {
                double weight = high * (Math.Min(toX, x + 1) - Math.Max(fromX, x));
                int at = ((y * Width) + x) * Channels;
                for (int channel = 0; channel < Channels; channel++) sums[channel] += weight * Pixels[at + channel];
            }
        }
    }

    private static byte ToByte(double value) => (byte)Math.Clamp(Math.Round(value, MidpointRounding.AwayFromZero), 0, byte.MaxValue);
}
