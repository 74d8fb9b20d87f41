using System.Runtime.InteropServices;
using ResearchFreeze.Data;
using SkiaSharp;

namespace ResearchFreeze.Images;

/// <summary>Reads one image file with Skia.</summary>
internal static class ImageFile
{
    // A gigabyte of colours, decoded: more than any camera's image, and a small file can claim any size.
    private const long MostPixels = 1L << 28;

    private const int ColourChannels = 3, StoredChannels = 4;

    /// <summary>Whether a file's name is that of an image that is read.</summary>
    public static bool IsImage(string path) => Path.GetExtension(path).ToUpperInvariant() is ".PNG" or ".JPG" or ".JPEG" or ".WEBP";

    /// <summary>Red, green and blue of an image, upright, over black where it is transparent.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isTransparent">Whether any pixel is.</param>
    /// <exception cref="DataFormatException">It cannot be decoded whole.</exception>
    public static Raster Read(string path, out bool isTransparent)
    {
        const string Expected = "a PNG, JPEG or WebP image";
        using SKCodec? codec = SKCodec.Create(path, out SKCodecResult result);
        if (codec is null && new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is { Exists: false }) throw new DataFormatException(path, Expected, "a link to a file that is not there");
        if (codec is null) throw new DataFormatException(path, Expected, $"what cannot be decoded ({result})");
        // The first one would be taken for all of it.
        if (codec.FrameCount > 1) throw new DataFormatException(path, "an image of one frame", $"{codec.FrameCount}");
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        if ((long)info.Width * info.Height > MostPixels) throw new DataFormatException(path, $"an image of at most {MostPixels} pixels", $"{info.Width} × {info.Height}");
        var stored = new byte[info.BytesSize];
        GCHandle handle = GCHandle.Alloc(stored, GCHandleType.Pinned);
        try
        {
            result = codec.GetPixels(info, handle.AddrOfPinnedObject());
        }
        finally
        {
            handle.Free();
        }
        if (result != SKCodecResult.Success) throw new DataFormatException(path, Expected, $"what cannot be decoded whole ({result})");
        return OverBlack(info, stored, out isTransparent).Oriented((int)codec.EncodedOrigin);
    }

    private static Raster OverBlack(SKImageInfo info, byte[] stored, out bool isTransparent)
    {
        isTransparent = false;
        var colours = new byte[stored.Length / StoredChannels * ColourChannels];
        for (int from = 0, to = 0; from < stored.Length; from += StoredChannels, to += ColourChannels)
        {
            int alpha = stored[from + ColourChannels];
            isTransparent |= alpha != byte.MaxValue;
            for (int channel = 0; channel < ColourChannels; channel++) colours[to + channel] = (byte)(((stored[from + channel] * alpha) + (byte.MaxValue / 2)) / byte.MaxValue);
        }
        return new Raster(info.Width, info.Height, ColourChannels, colours);
    }
}
