using System.Text.Json;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>A machine with a library of the CUDA driver's name that is none, as a failed installation leaves it.</summary>
public sealed class BrokenDriverTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public BrokenDriverTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The loader is led to the library as Linux does it.");
        string library = Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libSystem.Native.so");
        foreach (string name in (string[])["libcuda.so", "libcuda.so.1"]) File.Copy(library, Path.Combine(folder.Root, name));
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("train --model mlp:6,4,3 --data images --epochs 1 --policy never --out run")]
    [InlineData("bench --model mlp:6,4,3 --batch 4 --steps 1 --json")]
    [InlineData("validate --policy never --tasks null --seeds 1 --json")]
    public async Task AutoSaysWhyItIsTheCpuInOneLineOnStandardError(string line)
    {
        using var images = new TemporaryFolder();
        string[] args = [.. line.Split(' '), "--device", "auto", "--threads", "1"];
        if (args[0] == "train") args[Array.IndexOf(args, "images")] = FreezeRun.Images(images);
        SampleProcess run = await Run(args);
        Assert.Equal(0, run.Code);
        string said = Assert.Single(run.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("warning: auto picks cpu: CUDA's driver is there, but no usable device", said, StringComparison.Ordinal);
        if (args.Contains("--json")) JsonDocument.Parse(run.Output).Dispose();
    }

    [Fact]
    public async Task WhoAsksForTheCpuIsToldNothing()
    {
        SampleProcess run = await Run("bench", "--model", "mlp:6,4,3", "--batch", "4", "--steps", "1", "--device", "cpu");
        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    private Task<SampleProcess> Run(params string[] args) => SampleProcess.Run("freeze", folder.Root, args, ("LD_LIBRARY_PATH", folder.Root));
}
