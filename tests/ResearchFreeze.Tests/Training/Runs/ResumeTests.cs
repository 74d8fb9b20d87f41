using System.Text.Json.Nodes;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>
/// A run that is killed at any step and goes on has the weights, rows, decisions and books of the run left alone, bit for bit. A run writes a checkpoint at every step; a kill is what such a folder is with everything behind a step
/// left out but for the logs, which are longer, as a kill leaves them.
/// </summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <summary>Optimizer, criterion, rule, control, batches a step.</summary>
    public static TheoryData<string, string, string, string, int> Runs => new()
    {
        { "sgd", "drift", "prefix-patience:threshold=0.9,patience=1", "checks=12,warmup=0,margin=0.001", 1 },
        { "adamw:clip=1", "effective-perturbation+", "threshold:threshold=2,patience=1", "checks=8,warmup=0,guard=0.0001,probe=2,debt=1.01", 1 },
        { "sgd:nesterov=1,clip=0.5", "plasticity", "percentile:50", "checks=12,reference=5,thaw=0.2", 1 },
        { "adamw", "cka", "prefix-patience:threshold=100,patience=1", "checks=10,reference=0,guard=0.5", 3 },
        { "adamw", "gradient-norm-change", "aimd:threshold=1", "checks=20,warmup=0", 1 },
        { "sgd", "taylor-importance", "budget:rho=0.5", "checks=20", 2 },
        { "adamw", "gradient-norm-level", "rotation:units=1,every=3,state=offload", "checks=20", 1 },
        { "sgd", "weight-change", "phases:1,2,3,steps=4", "checks=20", 1 },
        { "sgd", "gradient-snr", "static:1", "checks=1", 1 },      // nothing is decided after the start: a log that is only cut
        { "adamw", "drift", "prefix-patience:threshold=0.9,patience=1", "checks=12,warmup=0,margin=0,drop=5", -1 },      // on a plateau, which falls after each epoch but the first
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Runs))]
    public void ARunThatIsKilledAtAnyStepAndGoesOnIsTheRunLeftAlone(string optimizer, string criterion, string rule, string control, int accumulate)
    {
        RunSettings settings = SmallRun.Settings with
        {
            Policy = null,
            Criterion = criterion.TrimEnd('+'),
            Rule = rule,
            Control = control,
            Optimizer = optimizer,
            Accumulate = Math.Abs(accumulate),
            Schedule = accumulate < 0 ? "plateau:patience=1,margin=9,factor=0.1" : "cosine:warmup=0.1",
            Epochs = 3,
            BatchSize = 24,
            LearningRate = 0.01f,
            CheckpointEvery = "1",
            KeepCheckpoints = "all",
            EarlyStop = "patience=2,metric=loss,margin=0.01",
            WeightAverage = rule is "percentile:50" or "budget:rho=0.5" ? 0.9 : null,
        };
        string whole = Path.Combine(folder.Root, "whole");
        using (RunParts parts = Parts(settings))
        using (var log = new RunLog(whole, parts.Metrics, settings))
        {
            Finish(parts, log, settings, null);
        }
        string[] checkpoints = Directory.GetFiles(Path.Combine(whole, "checkpoints")).Order(StringComparer.Ordinal).ToArray();
        int steps = checkpoints.Length;
        Assert.True(steps >= 8, $"{steps} checkpoints");
        // A policy that does nothing would show nothing.
        Assert.NotEqual(0, RunFolder.ReadSummary(whole).Decisions);
        // Before the first one, around the epoch's end, and some in between.
        foreach (int killed in new HashSet<int> { 0, 1, (steps / 3) - 1, steps / 3, (steps / 3) + 1, steps / 2, steps - 1, steps })
        {
            string again = Path.Combine(folder.Root, $"killed-{killed}");
            Directory.CreateDirectory(Path.Combine(again, "checkpoints"));
            foreach (string name in (string[])["config.json", "metrics.csv", "decisions.jsonl"]) File.Copy(Path.Combine(whole, name), Path.Combine(again, name));
            foreach (string path in checkpoints.Take(killed)) File.Copy(path, Path.Combine(again, "checkpoints", Path.GetFileName(path)));
            File.WriteAllText(Path.Combine(again, "last.safetensors.abc.partial"), "half");
            Resume(again, warnings: 0);
            AssertSame(whole, again, $"killed after {killed} of {steps} checkpoints");
        }
    }

    [Fact]
    public void ADamagedCheckpointIsPassedOverWithAWarningAndTheOneBeforeUsed()
    {
        string whole = Whole("checks=10");
        foreach ((string name, Func<byte[], byte[]> damage) in new (string, Func<byte[], byte[]>)[]
        {
            ("cut", bytes => bytes[..(bytes.Length / 2)]), ("flipped", bytes => [.. bytes[..^5], (byte)(bytes[^5] ^ 1), .. bytes[^4..]]), ("empty", _ => []), ("none", bytes => [.. bytes.Select(_ => (byte)'x')]),
        })
        {
            string again = Killed(whole, name, keep: 4);
            string newest = Directory.GetFiles(Path.Combine(again, "checkpoints")).Order(StringComparer.Ordinal).Last();
            File.WriteAllBytes(newest, damage(File.ReadAllBytes(newest)));
            Resume(again, warnings: 1);
            AssertSame(whole, again, name);
        }
    }

    [Fact]
    public void LogsThatAreShorterThanACheckpointCountsOnTakeAnOlderOneAndAMissingLogCostsNone()
    {
        string whole = Whole("checks=10");
        string again = Killed(whole, "short", keep: 6);
        string log = Path.Combine(again, "metrics.csv"), kept = Path.Combine(folder.Root, "kept.csv");
        File.Move(log, kept);
        string[] checkpoints = Directory.GetFiles(Path.Combine(again, "checkpoints"));
        Assert.Contains("cannot go on", Assert.Throws<IOException>(() => ResumedRun.Open(again, _ => { })).Message, StringComparison.Ordinal);
        Assert.Equal(checkpoints, Directory.GetFiles(Path.Combine(again, "checkpoints")));
        // Cut to what was there before some of the checkpoints.
        string[] rows = File.ReadAllLines(kept);
        File.WriteAllText(log, string.Join("\r\n", rows.TakeWhile(row => !char.IsAsciiDigit(row[0]) || int.Parse(row.Split(',')[0], System.Globalization.CultureInfo.InvariantCulture) <= 3)) + "\r\n");
        var warned = new List<string>();
        using (ResumedRun resumed = ResumedRun.Open(again, warned.Add))
        {
            Assert.False(resumed.StartsAgain);
        }
        Assert.NotEmpty(warned);
        Resume(again, warnings: 0);
        AssertSame(whole, again, "short");
    }

    [Fact]
    public void ACheckpointThatDoesNotFitLeavesTheLogsAsTheyWere()
    {
        string again = Killed(Whole("checks=10"), "other-log", keep: 4);
        byte[] before = File.ReadAllBytes(Path.Combine(again, "metrics.csv"));
        using (ResumedRun run = ResumedRun.Open(again, _ => { }))
        {
            using RunParts parts = Parts(run.Settings with { Optimizer = "adamw" });
            using RunLog log = run.OpenLog(parts);
            var trainer = new Trainer(parts, log);
            Assert.StartsWith($"'{again}': its checkpoint is not of its config.json: ", Assert.Throws<FormatException>(() => run.Load(trainer)).Message, StringComparison.Ordinal);
            // Another version's may have something else in it: then that is what is told.
            (RunEnvironment.Of(parts.Device) with { Commit = "0123abc" }).Write(again);
            Assert.Matches("^'.*': its checkpoint cannot be read by this version \\(.*\\), and the run began with another \\(.* 0123abc\\), which can go on with it: ", Assert.Throws<FormatException>(() => run.Load(trainer)).Message);
            trainer.Freeze.Dispose();
        }
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(again, "metrics.csv")));
    }

    [Fact]
    public void OnlyTheNewestAreKept()
    {
        RunSettings settings = SmallRun.Settings with { CheckpointEvery = "2", KeepCheckpoints = "3" };
        string run = Path.Combine(folder.Root, "run");
        using RunParts parts = Parts(settings);
        using var log = new RunLog(run, parts.Metrics, settings);
        Finish(parts, log, settings, null);
        Assert.Equal(["step-00000008.safetensors", "step-00000010.safetensors", "step-00000012.safetensors"], Directory.GetFiles(Path.Combine(run, "checkpoints")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AFolderThatIsBeingWrittenIsNobodyElses()
    {
        RunSettings settings = SmallRun.Settings;
        string run = Path.Combine(folder.Root, "run");
        using RunParts parts = Parts(settings);
        using (var log = new RunLog(run, parts.Metrics, settings))
        {
            Assert.Contains("another run is writing to this folder", Assert.Throws<IOException>(() => ResumedRun.Open(run, _ => { })).Message, StringComparison.Ordinal);
            Assert.Contains("another run is writing to this folder", Assert.Throws<IOException>(() => new RunLog(run, parts.Metrics, settings, overwrites: true)).Message, StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine(run, "metrics.csv")));
        }
        using ResumedRun resumed = ResumedRun.Open(run, _ => { });
        Assert.True(resumed.StartsAgain);
    }

    [Fact]
    public void ACheckpointOfOtherSettingsIsRefusedAndNothingIsChanged()
    {
        string whole = Whole("checks=10");
        string again = Killed(whole, "other", keep: 4);
        using ResumedRun run = ResumedRun.Open(again, _ => { });
        using RunParts parts = Parts(run.Settings with { Optimizer = "adamw" });
        float[][] before = SmallRun.Weights(parts.Model);
        var trainer = new Trainer(parts);
        Assert.Contains("kind", Assert.Throws<FormatException>(() => run.Load(trainer)).Message, StringComparison.Ordinal);
        Assert.Equal(SmallRun.Bits(before), SmallRun.Bits(SmallRun.Weights(parts.Model)));
        trainer.Freeze.Dispose();
    }

    private string Whole(string control)
    {
        RunSettings settings = SmallRun.Settings with { Policy = null, Criterion = "drift", Rule = "prefix-patience:threshold=0.9,patience=1", Control = control, CheckpointEvery = "1", KeepCheckpoints = "all" };
        string whole = Path.Combine(folder.Root, "whole");
        using RunParts parts = Parts(settings);
        using var log = new RunLog(whole, parts.Metrics, settings);
        Finish(parts, log, settings, null);
        return whole;
    }

    private string Killed(string whole, string name, int keep)
    {
        string again = Path.Combine(folder.Root, name);
        Directory.CreateDirectory(Path.Combine(again, "checkpoints"));
        foreach (string file in (string[])["config.json", "metrics.csv", "decisions.jsonl"]) File.Copy(Path.Combine(whole, file), Path.Combine(again, file));
        foreach (string path in Directory.GetFiles(Path.Combine(whole, "checkpoints")).Order(StringComparer.Ordinal).Take(keep)) File.Copy(path, Path.Combine(again, "checkpoints", Path.GetFileName(path)));
        return again;
    }

    private static void Resume(string run, int warnings)
    {
        var warned = new List<string>();
        using ResumedRun resumed = ResumedRun.Open(run, warned.Add);
        Assert.True(warned.Count == warnings, string.Join('\n', warned));
        using RunParts parts = Parts(resumed.Settings);
        using RunLog log = resumed.OpenLog(parts);
        Finish(parts, log, resumed.Settings, resumed);
    }

    private static void Finish(RunParts parts, RunLog log, RunSettings settings, ResumedRun? resumed)
    {
        var trainer = new Trainer(parts, log, null, new RunCheckpoints(log.Folder, CheckpointPlan.Parse(settings.CheckpointEvery, settings.KeepCheckpoints)));
        resumed?.Load(trainer);
        RunFolder.WriteResult(log.Folder, trainer.Run(), parts.Model);
    }

    /// <summary>A network with running moments and dropout, on augmented images.</summary>
    private static RunParts Parts(RunSettings settings)
    {
        var known = new RunCatalogues();
        var model = new ModelSpec(
            (_, classes) => new Sequential(
                ("conv", new Conv2d(1, 4, 3, padding: 1)), ("norm", new BatchNorm(4)), ("relu", new Relu()), ("flat", new Flatten()), ("drop", new Dropout(0.3f)), ("fc", new Linear(4 * 32, 16)), ("norm2", new BatchNorm(16)),
                ("head", new Linear(16, classes))),
            [8, 4, 1], SmallRun.Classes);
        return new RunParts(
            settings, model, Policies.Of(settings, known), known.Optimizers.Create(settings.Optimizer), known.Schedules.Create(settings.Schedule), SmallRun.Images(), Augmentations.Parse("flip+shift:1", known.Augmentations));
    }

    private static void AssertSame(string whole, string again, string when)
    {
        foreach (string name in (string[])["last.safetensors", "best.safetensors", "decisions.jsonl"]) Assert.True(File.ReadAllBytes(Path.Combine(whole, name)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(again, name))), $"{name} differs, {when}");
        Assert.Equal(RunFolder.ReadMetrics(whole).Select(row => row with { Seconds = 0, Further = [] }), RunFolder.ReadMetrics(again).Select(row => row with { Seconds = 0, Further = [] }));
        Assert.Equal(Untimed(whole), Untimed(again));
        Assert.Empty(Directory.GetFiles(again, "*.partial"));
    }

    private static string Untimed(string run)
    {
        JsonObject summary = JsonNode.Parse(File.ReadAllText(Path.Combine(run, "summary.json")))!.AsObject();
        summary.Remove("seconds");
        summary.Remove("stepTimes");
        // What a process takes is none of the run's.
        summary["peakBytes"]!.AsObject().Remove("process");
        return summary.ToJsonString();
    }
}
