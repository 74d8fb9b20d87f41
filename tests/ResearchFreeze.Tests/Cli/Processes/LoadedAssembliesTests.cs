using ResearchFreeze.Autograd;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>The compiler for GPUs is loaded by those who use a GPU.</summary>
public sealed class LoadedAssembliesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public async Task TrainingOnTheProcessorLoadsNoGpuLibrary(string device)
    {
        string[] loaded = await Loaded("train", "--model", "mlp:6,8,3", "--data", FreezeRun.Images(folder), "--epochs", "2", "--batch", "8", "--device", device, "--out", Path.Combine(folder.Root, "run"));
        // Nor what draws pictures.
        Assert.DoesNotContain(loaded, name => name.StartsWith("ILGPU", StringComparison.Ordinal) || name is "ScottPlot" or "SkiaSharp");
    }

    [Fact]
    public async Task AutoLoadsNoGpuLibraryWhereThereIsNoCudaDriver()
    {
        Assert.SkipWhen(CudaDriver.IsThere(), "There is a CUDA driver, and auto has to ask it through ILGPU.");
        Assert.Equal(("cpu", "no CUDA driver was found"), Devices.Picked());
        string[] loaded = await Loaded("bench", "--model", "mlp:6,8,3", "--batch", "4", "--steps", "1", "--device", "auto", "--threads", "1");
        Assert.DoesNotContain(loaded, name => name.StartsWith("ILGPU", StringComparison.Ordinal));
    }

    /// <summary>The hook sees what is loaded: listing devices asks ILGPU.</summary>
    [Fact]
    public async Task ListingDevicesLoadsIt() => Assert.Contains("ILGPU", await Loaded("devices"));

    private async Task<string[]> Loaded(params string[] args)
    {
        string file = Path.Combine(folder.Root, "loaded.txt");
        SampleProcess run = await SampleProcess.Run(
            "freeze", folder.Root, args, ("DOTNET_STARTUP_HOOKS", Path.Combine(AppContext.BaseDirectory, "ResearchFreeze.Tests.dll")), (StartupHook.FileVariable, file));
        Assert.Equal((0, ""), (run.Code, run.Error));
        string[] loaded = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
        Assert.Contains("ResearchFreeze.Autograd", loaded);
        return loaded;
    }
}
