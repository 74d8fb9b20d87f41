using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>
/// Runs that are killed at a random moment (SIGKILL: nothing can be done about it), before the first checkpoint too, and go on with <c>--resume</c> until they are done: as the run that was left alone. Ten kills;
/// <c>scripts/kill-and-resume.sh</c> makes more of them, and on OpenCL.
/// </summary>
public sealed class KillTests : IDisposable
{
    private const ulong Seed = 20261129;

    // The data are a part of Fashion-MNIST; together they have every optimizer, batch norm, dropout's kin (augmentation), accumulation, probes, a guard with pending freezes, and references.
    private static readonly string[][] Runs =
    [
        ["--model", "mlp:784,48,32,10", "--epochs", "3", "--data", "fashion-mnist-small:classes=0-9"],
        ["--model", "mlp:784,32,10", "--epochs", "3", "--optimizer", "adamw:clip=1", "--accumulate", "3", "--batch", "40", "--criterion", "plasticity", "--rule", "percentile:50", "--control", "checks=20,reference=5,thaw=0.1"],
        ["--model", "resnet:8,4", "--epochs", "1", "--data", "fashion-mnist-small:classes=0-2", "--augment", "flip+shift:2", "--criterion", "effective-perturbation", "--rule", "threshold:threshold=2,patience=1", "--control", "checks=10,warmup=0,guard=0.0001,probe=2,debt=1.01"],
        ["--model", "mlp:784,48,32,10", "--epochs", "3", "--optimizer", "adamw", "--criterion", "gradient-norm-level", "--rule", "rotation:units=1,every=7,state=offload"],
        ["--model", "cnn:4,8,16", "--epochs", "1", "--data", "fashion-mnist-small:classes=0-2", "--criterion", "cka", "--rule", "prefix-patience:threshold=100,patience=1", "--control", "checks=10,reference=0,guard=0.5"],
        ["--model", "mlp:784,48,32,10", "--epochs", "2", "--criterion", "taylor-importance", "--rule", "budget:rho=0.5"],
    ];

    private readonly TemporaryFolder folder = new();

    private static int Kills => int.Parse(Environment.GetEnvironmentVariable("RESEARCHFREEZE_KILLS") ?? "10", CultureInfo.InvariantCulture);

    private static string Device => Environment.GetEnvironmentVariable("RESEARCHFREEZE_KILLS_DEVICE") ?? "cpu";

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task RunsThatAreKilledAndGoOnAreTheRunsLeftAlone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "What a kill leaves behind is tested where SIGKILL is.");
        var random = new Random((int)Seed);
        int kills = 0, before = 0, done = 0;
        for (int number = 0; kills < Kills; number++)
        {
            string[] args = ["train", .. Runs[number % Runs.Length], "--device", Device, .. Device == "cpu" ? ["--threads", "1"] : Array.Empty<string>(), "--checkpoint-every", $"{1 + (number % 9)}"];
            string whole = Path.Combine(folder.Root, $"whole-{number}"), killed = Path.Combine(folder.Root, $"killed-{number}");
            var clock = Stopwatch.StartNew();
            Assert.Equal((0, ""), await Finished([.. args, "--out", whole]));
            double seconds = clock.Elapsed.TotalSeconds;
            // Killed up to three times in a row, then left to finish.
            for (int time = 0; time < 3 && kills < Kills; time++)
            {
                bool hasRun = File.Exists(Path.Combine(killed, "config.json"));
                using Process process = Start(hasRun ? ["train", "--resume", killed] : [.. args, "--out", killed]);
                await Task.Delay(TimeSpan.FromSeconds(random.NextDouble() * seconds), TestContext.Current.CancellationToken);
                process.Kill();
                await process.WaitForExitAsync(TestContext.Current.CancellationToken);
                kills++;
                if (!Directory.Exists(Path.Combine(killed, "checkpoints"))) before++;
            }
            if (File.Exists(Path.Combine(killed, "summary.json"))) done++;
            bool isThere = File.Exists(Path.Combine(killed, "config.json"));
            Assert.Equal((0, ""), await Finished(isThere ? ["train", "--resume", killed] : [.. args, "--out", killed]));
            AssertSame(whole, killed, $"{string.Join(' ', args)} (run {number}, seed {Seed})");
            Directory.Delete(whole, recursive: true);
            Directory.Delete(killed, recursive: true);
        }
        TestContext.Current.SendDiagnosticMessage($"{kills} kills on {Device}, {before} of them before a checkpoint, {done} runs were done before the last kill");
        if (Environment.GetEnvironmentVariable("RESEARCHFREEZE_KILLS_FILE") is { Length: > 0 } file)
            await File.AppendAllTextAsync(file, $"{Device}: {kills} kills, {before} of them before the first checkpoint; every run then had the weights, metrics, decisions and books of the run left alone, bit for bit\n", TestContext.Current.CancellationToken);
    }

    private static async Task<(int Code, string Error)> Finished(string[] args)
    {
        using Process process = Start(args);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        // A driver, and the compiler in it, may say of itself what they like; what we say on the CPU is nothing.
        string said = await error;
        return (process.ExitCode, Device == "cpu" || process.ExitCode != 0 ? said : "");
    }

    private static Process Start(string[] args) =>
        Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "freeze.exe" : "freeze"), args) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;

    private static void AssertSame(string whole, string again, string which)
    {
        foreach (string name in (string[])["last.safetensors", "best.safetensors", "decisions.jsonl", "config.json"]) Assert.True(File.ReadAllBytes(Path.Combine(whole, name)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(again, name))), $"{name} differs: {which}");
        Assert.Equal(RunFolder.ReadMetrics(whole).Select(row => row with { Seconds = 0, Further = [] }), RunFolder.ReadMetrics(again).Select(row => row with { Seconds = 0, Further = [] }));
        Assert.Equal(Untimed(whole), Untimed(again));
        Assert.Empty(Directory.GetFiles(again, "*.partial", SearchOption.AllDirectories));
    }

    private static string Untimed(string run)
    {
        JsonObject summary = JsonNode.Parse(File.ReadAllText(Path.Combine(run, "summary.json")))!.AsObject();
        summary.Remove("seconds");
        summary.Remove("stepTimes");
        summary["peakBytes"]!.AsObject().Remove("process");
        return summary.ToJsonString();
    }
}
