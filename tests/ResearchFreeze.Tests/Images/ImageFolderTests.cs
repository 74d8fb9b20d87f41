using ResearchFreeze.Data;
using ResearchFreeze.Images;
using ResearchFreeze.Tests.Training;
using SkiaSharp;

namespace ResearchFreeze.Tests.Images;

/// <summary>Folders of images as people have them.</summary>
public sealed class ImageFolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_folder_a_class_in_the_order_of_names_and_of_files()
    {
        for (int i = 0; i < 10; i++) Write($"dog/{i}.png", Colour(10, 20, (byte)i));
        for (int i = 0; i < 5; i++) Write($"cat/more/{i}.PNG", Colour(200, 100, (byte)(50 + i)));
        Write(".hidden/x.png", Colour(0, 0, 0));
        DataSplits data = Load("size=2");
        Assert.Equal(["cat", "dog"], data.Train.ClassNames!);
        Assert.Equal([2, 2, 3], data.SampleShape);
        Assert.Equal((11, 1, 3), (data.Train.Count, data.Validation.Count, data.Test.Count));
        (int Id, int Label, byte[] Pixels)[] all = [.. new[] { data.Train, data.Validation, data.Test }.SelectMany(part => Enumerable.Range(0, part.Count).Select(i => (part.IdOf(i), part.Labels[i], Pixels(part, i)))).OrderBy(sample => sample.Item1)];
        Assert.Equal([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], all.Select(sample => sample.Label));
        Assert.Equal([50, 51, 52, 53, 54, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], all.Select(sample => (int)sample.Pixels[2]));
        Assert.All(all, sample => Assert.Equal(sample.Label == 0 ? (200, 100) : (10, 20), ((int)sample.Pixels[9], (int)sample.Pixels[10])));
        Assert.Equal($"{folder.Root}: images resized and cropped to 2 × 2; 11 training, 1 validation, 3 test samples of 2 × 2 × 3; 2 classes: cat 5, dog 10", data.Description);
        Assert.Empty(data.Remarks);
        Assert.Equal(3, data.Train.Normalisation!.Channels);
    }

    [Theory]
    [InlineData("val")]
    [InlineData("valid")]
    [InlineData("validation")]
    public void Parts_of_their_own_are_used(string validation)
    {
        for (int i = 0; i < 4; i++) Write($"train/{(i % 2 == 0 ? "a" : "b")}/{i}.png", Colour((byte)i, 0, 0));
        Write($"{validation}/b/0.png", Colour(70, 0, 0));
        Write("test/a/0.png", Colour(80, 0, 0));
        Write("test/b/0.png", Colour(90, 0, 0));
        DataSplits data = Load("size=1,grey=1");
        Assert.Equal((4, 1, 2), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.Equal([1, 1], data.SampleShape);
        Assert.Equal([1], data.Validation.Labels);
        Assert.Equal([0, 1], data.Test.Labels);
        Assert.Equal([24, 27], Enumerable.Range(0, 2).Select(i => (int)Pixels(data.Test, i)[0]));      // 0.299 · 80, 0.299 · 90
        Assert.Equal($"images resized and cropped to 1 × 1, grey, parts from train, {validation}, test", data.Reading);
        Assert.Equal($"{folder.Root}: 'validation' has no effect where there is a folder {folder.Root}/{validation}.", Wrong("validation=0.5"));
        Assert.Equal($"{folder.Root}: 'test' has no effect where there is a folder {folder.Root}/test.", Wrong("test=0.5"));
        Assert.Equal($"{folder.Root}: 'stratify' has no effect where all three parts have folders.", Wrong("stratify=1"));
        Assert.Equal($"{folder.Root}: 'seed' has no effect where all three parts have folders.", Wrong("seed=3"));
    }

    [Theory]
    [InlineData("test", 9, 1, 2)]
    [InlineData("val", 8, 2, 2)]
    public void A_part_without_a_folder_is_split_off_from_training(string other, int train, int validation, int test)
    {
        for (int i = 0; i < 10; i++) Write($"train/{(i % 2 == 0 ? "a" : "b")}/{i}.png", Colour((byte)i, 0, 0));
        for (int i = 0; i < 2; i++) Write($"{other}/a/{i}.png", Colour((byte)(100 + i), 0, 0));
        DataSplits data = Load("size=1");
        Assert.Equal((train, validation, test), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.All(Enumerable.Range(0, 2), i => Assert.Equal(100 + i, Pixels(other == "test" ? data.Test : data.Validation, i)[0]));
    }

    [Fact]
    public void What_is_no_image_and_what_is_transparent_is_said()
    {
        for (int i = 0; i < 3; i++) Write($"a/{i}.png", Colour(100, 0, 200, (byte)(i == 1 ? 51 : 255)));
        Write("a/Thumbs.db", [1, 2, 3]);
        Write("notes.txt", [1]);
        DataSplits data = Load("size=1");
        Assert.Equal([$"left out 2 files that are no PNG, JPEG or WebP: {folder.Root}/notes.txt, {folder.Root}/a/Thumbs.db", "1 image has transparent pixels: they are laid over black"], data.Remarks);
        byte[][] all = [.. new[] { data.Train, data.Validation, data.Test }.OrderBy(part => part.IdOf(0)).Select(part => Pixels(part, 0))];
        Assert.Equal([[100, 0, 200], [20, 0, 40], [100, 0, 200]], all);      // 51 / 255 is a fifth
    }

    [Fact]
    public void Jpeg_and_webp_are_read()
    {
        using SKBitmap bitmap = Bitmap(16, 16, (_, _) => new SKColor(200, 100, 50));
        for (int i = 0; i < 3; i++)
        {
            Write($"a/{i}.jpg", bitmap.Encode(SKEncodedImageFormat.Jpeg, 95).ToArray());
            Write($"b/{i}.jpeg", bitmap.Encode(SKEncodedImageFormat.Jpeg, 95).ToArray());
            Write($"c/{i}.webp", bitmap.Encode(SKEncodedImageFormat.Webp, 100).ToArray());
        }
        DataSplits data = Load("size=4");
        foreach (HostDataSet part in (HostDataSet[])[data.Train, data.Validation, data.Test])
        {
            for (int i = 0; i < part.Count; i++)
            {
                byte[] pixels = Pixels(part, i);
                for (int at = 0; at < pixels.Length; at++) Assert.InRange(pixels[at], ((int[])[200, 100, 50])[at % 3] - 4, ((int[])[200, 100, 50])[at % 3] + 4);
            }
        }
    }

    /// <summary>A camera held upright: the file's left half, red, is the upper one.</summary>
    [Fact]
    public void Exif_orientation_is_honoured()
    {
        using SKBitmap bitmap = Bitmap(32, 16, (x, _) => x < 16 ? SKColors.Red : SKColors.Blue);
        byte[] jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, 95).ToArray();
        byte[] exif = [0xFF, 0xE1, 0, 34, .. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0];
        for (int i = 0; i < 3; i++) Write($"a/{i}.jpg", [.. jpeg[..2], .. exif, .. jpeg[2..]]);
        byte[] pixels = Pixels(Load("size=16").Train, 0);
        for (int y = 0; y < 16; y++)
        {
            for (int x = 0; x < 16; x++)
            {
                // Where the halves meet, JPEG mixes their colours.
                (int red, int blue) = (pixels[((y * 16) + x) * 3], pixels[(((y * 16) + x) * 3) + 2]);
                Assert.True((y < 8 ? red - blue : blue - red) > 100, $"red {red}, blue {blue} at row {y}, column {x}");
            }
        }
    }

    [Fact]
    public void A_broken_image_is_named()
    {
        byte[] whole = Colour(1, 2, 3, side: 64);
        foreach (string name in (string[])["0.png", "1.png", "2.png"]) Write($"a/{name}", whole);
        Write("a/1.png", "no image"u8.ToArray());
        Assert.Equal($"{folder.Root}/a/1.png: expected a PNG, JPEG or WebP image, found what cannot be decoded (Unimplemented).", Broken());
        Write("a/1.png", []);
        Assert.StartsWith($"{folder.Root}/a/1.png: expected a PNG, JPEG or WebP image, found what cannot be decoded (", Broken());
        using SKBitmap noise = Bitmap(64, 64, (x, y) => new SKColor((byte)(x * y), (byte)(x + y), (byte)(x ^ y)));
        byte[] jpeg = noise.Encode(SKEncodedImageFormat.Jpeg, 90).ToArray();
        Write("a/1.png", jpeg[..(jpeg.Length / 2)]);
        Assert.Equal($"{folder.Root}/a/1.png: expected a PNG, JPEG or WebP image, found what cannot be decoded whole (IncompleteInput).", Broken());
    }

    [Fact]
    public void An_animation_is_no_image()
    {
        using SKBitmap bitmap = Bitmap(4, 4, (_, _) => SKColors.Red);
        using SKPixmap pixmap = bitmap.PeekPixels();
        // RIFF, its size and WEBP, then one chunk of lossless pixels.
        byte[] still = pixmap.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 100))!.ToArray(), pixels = still[12..];
        byte[] frame = [.. "ANMF"u8, .. BitConverter.GetBytes(16 + pixels.Length), 0, 0, 0, 0, 0, 0, 3, 0, 0, 3, 0, 0, 100, 0, 0, 0, .. pixels];
        byte[] body = [.. "WEBPVP8X"u8, 10, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 3, 0, 0, .. "ANIM"u8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. frame, .. frame];
        Write("a/0.webp", still);
        Write("a/1.webp", [.. "RIFF"u8, .. BitConverter.GetBytes(body.Length), .. body]);
        Assert.Equal($"{folder.Root}/a/1.webp: expected an image of one frame, found 2.", Broken());
    }

    [Fact]
    public void A_folder_that_is_none_or_has_none_is_named()
    {
        Assert.Equal($"images: no folder '{folder.Root}/absent'.", Assert.Throws<DirectoryNotFoundException>(() => ImageFolders.Load($"{folder.Root}/absent")).Message);
        Assert.Equal($"{folder.Root}: expected one folder a class, found none.", Broken());
        for (int i = 0; i < 3; i++) Write($"train/a/{i}.png", Colour(1, 2, 3));
        Write("test/b/0.png", Colour(1, 2, 3));
        Assert.Equal($"{folder.Root}/test: expected folders named as the training part's (a), found 'b'.", Broken());
        Directory.CreateDirectory($"{folder.Root}/train/b");
        Assert.Equal($"{folder.Root}/train/b: expected at least one image of PNG, JPEG or WebP, found none.", Broken());
        Directory.CreateDirectory($"{folder.Root}/val");
        Directory.CreateDirectory($"{folder.Root}/valid");
        Assert.Equal($"{folder.Root}: expected one folder for a part, found val and valid.", Broken());
        Assert.Equal($"{folder.Root}: size is in [1, 4096] pixels, found 0.", Wrong("size=0"));
        Assert.EndsWith("'siz' is unknown; known are seed, size, grey, validation, test, stratify, classes, mean, deviation.", Wrong("siz=3"));
    }

    [Fact]
    public void A_link_that_leads_back_or_nowhere_is_named()
    {
        for (int i = 0; i < 4; i++)
        {
            Write($"cat/{i}.png", Colour(1, 2, (byte)i));
            Write($"dog/{i}.png", Colour(3, 4, (byte)i));
            Write($"../{Path.GetFileName(folder.Root)}-linked/{i}.png", Colour(5, 6, (byte)i));
        }
        string other = $"{folder.Root}-linked", link = Path.Combine(folder.Root, "cat", "more");
        try
        {
            Directory.CreateSymbolicLink(link, other);
            Assert.Equal(12, new[] { Load("size=2") }.Sum(data => data.Train.Count + data.Validation.Count + data.Test.Count));
            Directory.Delete(link);
            // Dogs would be cats.
            foreach (string back in (string[])["..", ".", folder.Root])
            {
                Directory.CreateSymbolicLink(link, back);
                Assert.Equal($"{link}: expected a folder below a class's, found a link that leads back to one above it.", Broken());
                Directory.Delete(link);
            }
            File.CreateSymbolicLink($"{link}.png", Path.Combine(other, "none.png"));
            Assert.Equal($"{link}.png: expected a PNG, JPEG or WebP image, found a link to a file that is not there.", Broken());
        }
        finally
        {
            Directory.Delete(other, recursive: true);
        }
    }

    private DataSplits Load(string settings)
    {
        var sets = HostDatasets.Catalogue();
        ImageFolders.AddTo(sets);
        return HostDatasets.Load($"images:{folder.Root},{settings}", sets);
    }

    private string Wrong(string settings) => Assert.Throws<ArgumentException>(() => Load(settings)).Message;

    private string Broken() => Assert.Throws<DataFormatException>(() => Load("size=4")).Message;

    private void Write(string name, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder.Root, name))!);
        folder.Write(name, content);
    }

    private static byte[] Colour(byte red, byte green, byte blue, byte alpha = 255, int side = 2)
    {
        using SKBitmap bitmap = Bitmap(side, side, (_, _) => new SKColor(red, green, blue, alpha));
        return bitmap.Encode(SKEncodedImageFormat.Png, 100).ToArray();
    }

    private static SKBitmap Bitmap(int width, int height, Func<int, int, SKColor> colour)
    {
        var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++) bitmap.SetPixel(x, y, colour(x, y));
        }
        return bitmap;
    }

    /// <summary>The stored bytes of a sample, whatever it is normalised with.</summary>
    private static byte[] Pixels(HostDataSet set, int index)
    {
        var values = new float[set.SampleSize];
        set.WithNormalisation(new Normalisation(0, 1)).CopySample(index, values);
        return Array.ConvertAll(values, value => (byte)Math.Round(255 * value));
    }
}
