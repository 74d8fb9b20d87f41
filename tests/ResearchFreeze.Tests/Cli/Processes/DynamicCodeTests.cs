using System.Text.Json.Nodes;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>A program set up to be published ahead of time runs with dynamic code off, and ILGPU cannot compile.</summary>
public sealed class DynamicCodeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("opencl")]
    [InlineData("cuda:1")]
    public async Task WithoutItAGpuIsOneLineThatSaysWhatToSet(string device)
    {
        SampleProcess run = await Run("bench", "--model", "mlp:6,3", "--device", device);
        string name = device.Contains(':', StringComparison.Ordinal) ? device : $"{device}:0";
        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.Equal(
            $"error: {name}: kernels are compiled at run time, but this program's dynamic code is off, as PublishAot turns it; set the property DynamicCodeSupport to true.{Environment.NewLine}", run.Error);
    }

    [Fact]
    public async Task WithoutItTheCpuTrainsAndDevicesAreListed()
    {
        SampleProcess run = await Run("train", "--model", "mlp:6,8,3", "--data", FreezeRun.Images(folder), "--epochs", "1", "--batch", "8", "--device", "cpu", "--threads", "1", "--policy", "never", "--out", "run");
        Assert.Equal((0, ""), (run.Code, run.Error));
        run = await Run("devices");
        Assert.Equal((0, ""), (run.Code, run.Error));
        foreach (string name in (string[])["cuda", "opencl"])
            Assert.Matches($@"(?m)^ +not usable: kernels are compiled at run time, but this program's dynamic code is off, as PublishAot turns it; set the property DynamicCodeSupport to true *$", run.Output);
    }

    private Task<SampleProcess> Run(params string[] args)
    {
        JsonNode configuration = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "freeze.runtimeconfig.json")))!;
        configuration["runtimeOptions"]!["configProperties"]!["System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported"] = false;
        string file = Path.Combine(folder.Root, "aot.runtimeconfig.json");
        File.WriteAllText(file, configuration.ToJsonString());
        return SampleProcess.RunWith(file, "freeze", folder.Root, args);
    }
}
