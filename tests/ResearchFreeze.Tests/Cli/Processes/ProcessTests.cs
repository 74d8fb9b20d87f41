using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>The built command in a process of its own.</summary>
public sealed partial class ProcessTests : IDisposable
{
    private const int HangUp = 1;
    private const int Interrupt = 2;
    private const int Terminate = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly TemporaryFolder folder = new();

    private string Out => Path.Combine(folder.Root, "run");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(Interrupt, 1)]
    [InlineData(Interrupt, 2)]
    [InlineData(Terminate, 1)]
    [InlineData(HangUp, 1)]
    public async Task ASignalFinishesTheStepWritesTheRunFolderAndExitsWith130(int signal, int times)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signals.");
        string[] args = ["train", "--model", "mlp:784,32,10", "--epochs", "1000", "--device", "cpu", "--threads", "1", "--policy", SmallRun.Eager, "--out", Out];
        using Process process = Start(args);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var lines = new List<string>();
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            lines.Add(line);
            if (!line.StartsWith("epoch 2/", StringComparison.Ordinal)) continue;
            for (int i = 0; i < times; i++)
            {
                Assert.Equal(0, Kill(process.Id, signal));
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }
        }
        Assert.True(process.WaitForExit(Patience));
        Assert.Equal("", await error);
        Assert.Equal(130, process.ExitCode);
        Assert.Equal($"run folder: {Out}", lines[^1]);
        Assert.Equal(
            ["best.safetensors", "checkpoints", "config.json", "data.json", "decisions.jsonl", "environment.json", "last.safetensors", "metrics.csv", "summary.json"],
            Directory.GetFileSystemEntries(Out).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        JsonElement summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(Out, "summary.json"))).RootElement;
        Assert.True(summary.GetProperty("cancelled").GetBoolean());
        Assert.InRange(summary.GetProperty("epochs").GetInt32(), 2, 999);
        string[] metrics = File.ReadAllLines(Path.Combine(Out, "metrics.csv"));
        Assert.All(metrics, row => Assert.Equal(7, row.Count(c => c == ',')));
        Assert.True(int.Parse(metrics[^1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture) <= summary.GetProperty("steps").GetInt32());
        Assert.All(File.ReadAllLines(Path.Combine(Out, "decisions.jsonl")), line => JsonDocument.Parse(line));
        using var device = new CpuDevice(1);
        using var model = Models.Mlp(784, 32, 10);
        StateDict.Load(model, Path.Combine(Out, "last.safetensors"), device: device);
        Assert.Equal(summary.GetProperty("testAccuracy").GetDouble(), Metrics.Accuracy(model, Datasets.FashionMnistSmall(device, 1).Test), 1e-9);
    }

    [Fact]
    public async Task BadInputIsOneLineAndExitCode2AndOutputIsPlainAndUnbroken()
    {
        using Process bad = Start(["train", "--lr", "-1", "--out", Out]);
        string error = await bad.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.True(bad.WaitForExit(Patience));
        Assert.Equal((2, 1), (bad.ExitCode, error.Count(c => c == '\n')));
        Assert.False(Directory.Exists(Out));

        using var images = new TemporaryFolder();
        FreezeRun.Images(images);
        string run = Path.Combine(Out, new string('x', 200), new string('y', 200), "run");
        using Process good = Start(["train", "--model", "mlp:6,4,3", "--data", images.Root, "--epochs", "1", "--device", "reference", "--out", run]);
        string output = await good.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.True(good.WaitForExit(Patience));
        Assert.Equal(0, good.ExitCode);
        Assert.DoesNotContain('\u001b', output);
        Assert.Contains($"run folder: {run}", output.Split('\n'));
    }

    [Fact]
    public async Task Case47_AConsoleThatCannotBeWrittenCostsNoRun()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full here.");
        using var images = new TemporaryFolder();
        FreezeRun.Images(images);
        string freeze = Path.Combine(AppContext.BaseDirectory, "freeze");
        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", $"'{freeze}' train --model mlp:6,4,3 --data '{images.Root}' --epochs 2 --policy never --device cpu --out '{Out}' > /dev/full"]) { RedirectStandardError = true })!;
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.True(process.WaitForExit(Patience));
        Assert.Equal(2, process.ExitCode);
        Assert.Matches("^error: standard output could not be written .*; all else is done\\.$", error.TrimEnd());
        Assert.True(File.Exists(Path.Combine(Out, "last.safetensors")));
        Assert.False(RunFolder.ReadSummary(Out).Cancelled);
    }

    private static Process Start(string[] args)
    {
        // A runner in the background of a shell ignores SIGINT, and so would what it starts: env gives the signal its default again and becomes the command.
        string freeze = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "freeze.exe" : "freeze");
        var start = new ProcessStartInfo(OperatingSystem.IsLinux() ? "env" : freeze, OperatingSystem.IsLinux() ? ["--default-signal=INT", freeze, .. args] : args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["NO_COLOR"] = null;
        return Process.Start(start)!;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
