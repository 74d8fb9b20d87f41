using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>The tour of a run's life in docs/runs.md, line by line as it stands there, in a shell.</summary>
public sealed class RunLifeTests : IDisposable
{
    /// <summary>The one thing that differs from the page: new runs are of a small network, so that they take seconds.</summary>
    private const string Smaller = "--model mlp:784,32,10 --epochs 20 --device cpu --threads 1";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task TheLinesOfThePageDoWhatItSays()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The page's lines are a shell's.");
        string[] lines = Lines();
        Assert.Equal(["train", "kill", "train", "plot", "runs", "predict", "train"], lines.Select(line => line.Split(' ')[line.StartsWith("freeze ", StringComparison.Ordinal) ? 1 : 0]));
        Assert.Equal("kill -9 $!", lines[1]);
        string[] run = [.. lines.Select(line => line.StartsWith("freeze train ", StringComparison.Ordinal) && !line.Contains("--resume", StringComparison.Ordinal) ? line.Replace("freeze train ", $"freeze train {Smaller} ", StringComparison.Ordinal) : line)];
        string a = Path.Combine(folder.Root, "runs", "a"), b = Path.Combine(folder.Root, "runs", "b");

        // The reader kills when it pleases; here it is after the first checkpoint, or resuming would show nothing.
        (int code, string output) = await Shell($"{run[0]}\nuntil ls runs/a/checkpoints/*.safetensors; do kill -0 $! || exit 9; sleep 0.02; done >/dev/null 2>&1\n{run[1]}\nwait $!");
        Assert.True(code == 128 + 9, output);
        Assert.False(File.Exists(Path.Combine(a, "summary.json")));
        int step = int.Parse(Regex.Match(Directory.GetFiles(Path.Combine(a, "checkpoints"), "*.safetensors").Max(StringComparer.Ordinal)!, @"(\d+)\.safetensors$").Groups[1].Value, CultureInfo.InvariantCulture);
        (code, output) = await Shell(run[2]);
        Assert.True(code == 0, output);
        Assert.True(RunFolder.ReadSummary(a).Steps > step, $"{step} steps before the kill");

        (code, output) = await Shell(run[3]);
        Assert.True(code == 0, output);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(a, "plots"), "*.png"));

        (code, output) = await Shell(run[4]);
        Assert.True(code == 0 && Regex.IsMatch(output, @"(?m)^ *a .*mlp:784,32,10.* done"), output);

        (code, output) = await Shell(run[5]);
        Assert.True(code == 0, output);
        Assert.StartsWith("sample,", File.ReadLines(Path.Combine(folder.Root, "found.csv")).First(), StringComparison.Ordinal);

        (code, output) = await Shell(run[6]);
        Assert.True(code == 0, output);
        Assert.Equal("runs/a", RunFolder.ReadConfig(b).From);
        // It began where the other had ended.
        Assert.InRange(RunFolder.ReadMetrics(b)[0].TrainLoss!.Value, 0, RunFolder.ReadMetrics(a)[0].TrainLoss!.Value);
    }

    private static string[] Lines([CallerFilePath] string path = "")
    {
        string page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", "..", "..", "docs", "runs.md"));
        string block = Regex.Match(page, "## A run's life\n.*?```\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
        return [.. block.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('#')[0].TrimEnd())];
    }

    private async Task<(int Code, string Output)> Shell(string lines)
    {
        var start = new ProcessStartInfo("bash", ["-c", lines]) { WorkingDirectory = folder.Root, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await error);
    }
}
