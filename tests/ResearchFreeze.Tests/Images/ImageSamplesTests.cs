using ResearchFreeze.Data;
using ResearchFreeze.Images;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Tests.Training;
using SkiaSharp;

namespace ResearchFreeze.Tests.Images;

/// <summary>Images that are predicted from their files, one or a folder of them.</summary>
public sealed class ImageSamplesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ARunOnAFolderOfImagesPredictsFilesByNameAsItDoesItsTestImages()
    {
        string data = Path.Combine(folder.Root, "data"), run = Path.Combine(folder.Root, "run"), loose = Path.Combine(folder.Root, "loose");
        for (int i = 0; i < 20; i++)
        {
            Draw(Path.Combine(data, "day", $"{i}.png"), 40, 30, (byte)(200 + i));
            Draw(Path.Combine(data, "night", $"{i}.png"), 30, 50, (byte)(10 + i));
        }
        Assert.Equal(0, FreezeRun.Of("train", "--model", "mlp:48,8,2", "--data", $"images:{data},size=4", "--epochs", "20", "--batch", "8", "--device", "cpu", "--policy", "never", "--out", run).Code);
        Draw(Path.Combine(loose, "b moon.png"), 60, 60, 15);
        Draw(Path.Combine(loose, "a sun.png"), 64, 40, 215);
        File.WriteAllText(Path.Combine(loose, "notes.txt"), "mine");
        string[][] rows = [.. FreezeRun.Of("predict", run, loose, "--device", "cpu").Output.TrimEnd().Split('\n').Select(row => row.Split(','))];
        Assert.Equal([["sample", "class"], ["a sun.png", "day"], ["b moon.png", "night"]], rows.Select(row => row[..2]));
        FreezeRun one = FreezeRun.Of("predict", run, Path.Combine(loose, "b moon.png"), "--format", "jsonl", "--device", "cpu");
        Assert.StartsWith("{\"sample\":\"b moon.png\",\"class\":\"night\",\"probability\":", one.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 784 }, "square images of one or three channels, found one of samples of 784")]
    [InlineData(new[] { 4, 6 }, "found one of samples of 4 × 6")]
    [InlineData(new[] { 4, 4, 2 }, "found one of samples of 4 × 4 × 2")]
    public void AModelOfOtherSamplesIsNamed(int[] shape, string says)
    {
        string file = Path.Combine(folder.Root, "x.png");
        Draw(file, 4, 4, 1);
        Assert.Contains(says, Assert.Throws<DataFormatException>(() => ImageSamples.Read(file, shape)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GreySamplesAreLuma()
    {
        string file = Path.Combine(folder.Root, "x.png");
        Draw(file, 8, 8, 100);
        var pixels = new float[16];
        // Red is the shade, green and blue are 0: 0.299 of it, over 255.
        ImageSamples.Read(file, [4, 4]).Samples.CopySample(0, pixels);
        Assert.All(pixels, value => Assert.Equal(30 / 255f, value, 1e-6f));
        ImageSamples.Read(file, [2, 2, 3]).Samples.CopySample(0, pixels.AsSpan(0, 12));
        Assert.Equal([100 / 255f, 0, 0], pixels[..3]);
    }

    private static void Draw(string path, int width, int height, byte red)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(new SKColor(red, 0, 0));
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, png.ToArray());
    }
}
