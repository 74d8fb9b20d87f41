using System.Diagnostics;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

public sealed class MemoryNeedTests
{
    private const long Mega = 1_000_000;

    [Fact]
    public void WhatFitsIsNoProblemAndWhatDoesNotHasItsNumbersAndABatchThatWould()
    {
        var need = new MemoryNeed(Weights: 100 * Mega, Gradients: 100 * Mega, Optimizer: 200 * Mega, Best: 100 * Mega, Fixed: 50 * Mega, ASample: 10 * Mega);
        // 400 beside the weights, 50 fixed, 10 a sample.
        Assert.Null(need.Problem(1730 * Mega, 128));
        Assert.Equal(
            "needs 1.73 GB of memory beside its weights of 0.1 GB (gradients 0.1 GB, optimizer 0.2 GB, copies of the weights 0.1 GB, activations 1.33 GB for a batch of 128), and 1 GB are free; a batch of 55 would fit.",
            need.Problem(1000 * Mega, 128));
        Assert.EndsWith("and 0.45 GB are free.", need.Problem(450 * Mega, 128), StringComparison.Ordinal);
        Assert.Equal("needs 0.4 GB of memory beside its weights of 0.1 GB (gradients 0.1 GB, optimizer 0.2 GB, copies of the weights 0.1 GB), and 0 GB are free.", (need with { ASample = 0, Fixed = 0 }).Problem(-5, 0));
    }

    [Theory]
    [InlineData("mlp:784,4096,4096,10", 64, "optimizer 0.08 GB, copies of the weights 0.08 GB")]        // weights of 80 MB, three times
    [InlineData("cnn:64,128,128", 4096, "would fit")]                                       // activations of a large batch
    public async Task Case46_ARunThatWouldNotFitIsRefusedBeforeItTrains(string model, int batch, string says)
    {
        using var folder = new TemporaryFolder();
        string run = Path.Combine(folder.Root, "run");
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "freeze.exe" : "freeze"), ["train", "--model", model, "--batch", $"{batch}", "--device", "cpu", "--out", run])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        // What the runtime reports as the machine's memory: 400 MB.
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x18000000";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await output;
        Assert.Equal(2, process.ExitCode);
        string line = Assert.Single(error.TrimEnd().Split('\n'));
        Assert.StartsWith($"error: Model '{model}' needs ", line, StringComparison.Ordinal);
        Assert.Contains(says, line, StringComparison.Ordinal);
        Assert.False(Directory.Exists(run));
    }
}
