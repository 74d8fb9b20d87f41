using ResearchFreeze.Autograd;
using ResearchFreeze.Cli;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Tests.Autograd;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Tests.Evaluation;

/// <summary><c>freeze bench --profile</c> on OpenCL: the kernels of a step, no more and no fewer, whose shares make one.</summary>
[Collection("gpu")]
public sealed class ProfileBenchTests(GpuFixture fixture)
{
    private const string Model = "mlp:20,16,16,10";

    [Fact]
    public void SharesMakeOneAndLaunchesAreThoseOfAStep()
    {
        GpuDevice device = fixture.OpenCl;
        ModelSpec spec = new RunCatalogues().Models.Create(Model);
        using var training = new BenchTraining(spec, device, 4, 0);
        for (int i = 0; i < 2; i++) training.Step(training.Batch.Tensors).Dispose();
        IReadOnlyDictionary<string, long> before = device.Kernels.Snapshot();
        training.Step(training.Batch.Tensors).Dispose();
        IReadOnlyDictionary<string, long> step = device.Kernels.Since(before);

        ProfileBenchResult found = ProfileBench.Run(Model, spec, device, 4, 3);
        Assert.Equal(step.OrderBy(kernel => kernel.Key, StringComparer.Ordinal), found.Profile.Kernels.Select(kernel => KeyValuePair.Create(kernel.Kernel, kernel.Launches)).OrderBy(kernel => kernel.Key, StringComparer.Ordinal));
        Assert.Equal(1, found.Profile.Kernels.Sum(found.Profile.ShareOf), 9);
        Assert.All(found.Profile.Kernels, kernel => Assert.True(kernel.Seconds > 0, kernel.ToString()));
        Assert.True(found.Profile.StepSeconds >= found.Profile.HostSeconds && found.Profile.HostSeconds > 0);
        Assert.Equal(0, device.Counters.Live(MemoryKind.Gradient));

        using var output = new StringWriter();
        IAnsiConsole console = DoctorVerbTests.Console(output);
        console.Profile.Width = 200;
        ProfileReport.Print(console, found, wide: false);
        Assert.All(output.ToString().Split('\n'), line => Assert.True(line.TrimEnd().Length <= 80, line));
        Assert.Contains("of limit", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void OnACpuThereAreNoKernels()
    {
        using var cpu = new CpuDevice(1);
        Assert.Contains("nothing to record", Assert.Throws<ArgumentException>(() => ProfileBench.Run(Model, new RunCatalogues().Models.Create(Model), cpu, 4, 1)).Message, StringComparison.Ordinal);
    }
}
