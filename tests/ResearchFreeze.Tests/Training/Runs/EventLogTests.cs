using System.Text;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>The event file for TensorBoard has what <c>metrics.csv</c> and the decision log have, read by a reader that shares nothing with its writer.</summary>
public sealed class EventLogTests : IDisposable
{
    private const string EventFile = "tensorboard/events.out.tfevents.freeze";
    private static readonly RunSettings Settings = SmallRun.Settings with { Policy = SmallRun.Eager, Log = "tensorboard", Metrics = "loss,accuracy,macro-f1", CheckpointEvery = "1", KeepCheckpoints = "all" };
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void TheReadersChecksumIsThatOfTheStandard() =>
        // The check value of CRC-32C (RFC 3720 has it for other data; catalogues of CRCs for these).
        Assert.Equal(0xe3069283u, EventFileReader.Crc32C(Encoding.ASCII.GetBytes("123456789")));

    [Fact]
    public void ItHasTheMetricsAndTheDecisions()
    {
        double before = Seconds();
        string run = Whole();
        IReadOnlyList<EventScalar> scalars = EventFileReader.Read(Path.Combine(run, EventFile));
        Assert.All(scalars, scalar => Assert.InRange(scalar.Wall, before, Seconds()));
        var expected = new List<(long, string, float)>();
        foreach (MetricRow row in RunFolder.ReadMetrics(run))
        {
            expected.AddRange([(row.Step, "epoch", row.Epoch), (row.Step, "train/rate", row.LearningRate)]);
            foreach ((string tag, double? value) in new[] { ("train/loss", row.TrainLoss), ("validation/loss", row.ValidationLoss), ("validation/accuracy", row.ValidationAccuracy) })
            {
                if (value is { } measured) expected.Add((row.Step, tag, (float)measured));
            }
            if (row.ValidationLoss is not null) expected.Add((row.Step, "validation/macro-f1", (float)Assert.Single(row.Further)));
        }
        Assert.Equal(2, expected.Count(value => value.Item2 == "validation/macro-f1"));
        DecisionRecord record = DecisionRecord.Read(Path.Combine(run, "decisions.jsonl"));
        Assert.NotEmpty(record.Checks);
        foreach (RecordedCheck check in record.Checks)
        {
            foreach (RecordedView unit in check.Units)
            {
                expected.Add((check.Step, $"units/{unit.Path}/frozen", unit.IsFrozen ? 1 : 0));
                if (!double.IsNaN(unit.Score)) expected.Add((check.Step, $"units/{unit.Path}/score", (float)unit.Score));
            }
        }
        Assert.Contains(expected, value => value.Item2 == "units/fc1/score");
        Assert.Contains(expected, value => value == (value.Item1, "units/fc1/frozen", 1));
        foreach (DecisionEntry entry in record.Entries)
        {
            Assert.Equal(FreezeAction.Freeze, entry.Action);
            expected.Add((entry.Step, $"units/{entry.Path}/frozen", 1));
        }
        Assert.NotEmpty(record.Entries);
        Assert.Equal(expected.Order(), scalars.Select(scalar => (scalar.Step, scalar.Tag, scalar.Value)).Order());
    }

    [Fact]
    public void AThawIsAZeroAndARefusalIsNothing()
    {
        RunSettings settings = Settings with { Policy = null, Criterion = "gradient-norm-level", Rule = "rotation:units=1,every=2", Control = "checks=20", Epochs = 3 };
        string run = Whole(settings);
        IReadOnlyList<DecisionEntry> entries = DecisionRecord.Read(Path.Combine(run, "decisions.jsonl")).Entries;
        Assert.Contains(entries, entry => entry.Action == FreezeAction.Thaw);
        // The last value of a step is what a unit was after it.
        ILookup<(long, string), float> found = EventFileReader.Read(Path.Combine(run, EventFile)).ToLookup(scalar => (scalar.Step, scalar.Tag), scalar => scalar.Value);
        foreach (IGrouping<(int, string), DecisionEntry> changes in entries.Where(entry => entry.Action is FreezeAction.Freeze or FreezeAction.Thaw).GroupBy(entry => (entry.Step, entry.Path)))
            Assert.Equal(changes.Last().Action == FreezeAction.Freeze ? 1 : 0, found[(changes.Key.Item1, $"units/{changes.Key.Item2}/frozen")].Last());
    }

    [Fact]
    public void ARunThatIsKilledAndGoesOnHasTheSameEvents()
    {
        string whole = Whole();
        string[] checkpoints = [.. Directory.GetFiles(Path.Combine(whole, "checkpoints")).Order(StringComparer.Ordinal)];
        foreach (int kept in (int[])[0, 1, checkpoints.Length / 2, checkpoints.Length])
        {
            string again = Path.Combine(folder.Root, $"killed-{kept}");
            foreach (string name in (string[])["config.json", "metrics.csv", "decisions.jsonl", EventFile])
            {
                string path = Path.Combine(again, name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.Copy(Path.Combine(whole, name), path);
            }
            // A record that the kill has cut short.
            using (FileStream file = File.OpenWrite(Path.Combine(again, EventFile))) file.SetLength(file.Length - 3);
            Directory.CreateDirectory(Path.Combine(again, "checkpoints"));
            foreach (string path in checkpoints.Take(kept)) File.Copy(path, Path.Combine(again, "checkpoints", Path.GetFileName(path)));
            var warned = new List<string>();
            using (ResumedRun resumed = ResumedRun.Open(again, warned.Add))
            using (RunParts parts = Parts(resumed.Settings))
            using (RunLog log = resumed.OpenLog(parts))
            {
                Finish(parts, log, resumed);
            }
            Assert.Empty(warned);
            Assert.Equal(Untimed(whole), Untimed(again));
        }
    }

    [Fact]
    public void AnEventFileThatIsShorterThanAnyCheckpointCountsOnIsRefusedAndCostsNoCheckpoint()
    {
        string run = Whole();
        string[] checkpoints = Directory.GetFiles(Path.Combine(run, "checkpoints"));
        File.Delete(Path.Combine(run, "summary.json"));
        using (FileStream file = File.OpenWrite(Path.Combine(run, EventFile))) file.SetLength(50);
        var warned = new List<string>();
        Assert.Contains("events.out.tfevents.freeze' has 50 bytes, expected at least", Assert.Throws<IOException>(() => ResumedRun.Open(run, warned.Add)).Message, StringComparison.Ordinal);
        Assert.Equal(checkpoints.Length, warned.Count);
        Assert.Equal(checkpoints, Directory.GetFiles(Path.Combine(run, "checkpoints")));
    }

    [Fact]
    public void WithoutTheSettingThereIsNone()
    {
        Assert.Null(new RunSettings().Log);
        Assert.False(Directory.Exists(Path.Combine(Whole(Settings with { Log = null }), "tensorboard")));
    }

    [Fact]
    public void OverwritingDeletesTheRunsFileAndNoOther()
    {
        string run = Whole(Settings with { CheckpointEvery = "never" });
        string mine = Path.Combine(run, "tensorboard", "events.out.tfevents.1.mine");
        File.WriteAllText(mine, "mine");
        Assert.Contains(Path.Combine("tensorboard", "events.out.tfevents.freeze"), Assert.Throws<IOException>(() => new RunLog(run, settings: Settings)).Message, StringComparison.Ordinal);
        new RunLog(run, settings: Settings with { Log = null }, overwrites: true).Dispose();
        Assert.Equal([mine], Directory.GetFiles(Path.Combine(run, "tensorboard")));
        // Of that name, but beside no settings: nobody's run.
        string other = Path.Combine(folder.Root, "other");
        Directory.CreateDirectory(Path.Combine(other, "tensorboard"));
        File.WriteAllText(Path.Combine(other, EventFile), "mine");
        Assert.Contains("was not written by a run", Assert.Throws<IOException>(() => new RunLog(other, settings: Settings, overwrites: true)).Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(other, EventFile)));
    }

    [Fact]
    public void TheCommandLineWritesIt()
    {
        string run = Path.Combine(folder.Root, "run"), images = FreezeRun.Images(folder);
        FreezeRun made = FreezeRun.Of("train", "--data", images, "--model", "mlp:6,5,4,3", "--epochs", "2", "--batch", "6", "--device", "cpu", "--threads", "1", "--out", run, "--log", "tensorboard");
        Assert.Equal((0, ""), (made.Code, made.Error));
        Assert.Equal("tensorboard", RunFolder.ReadConfig(run).Log);
        Assert.Equal(2, EventFileReader.Read(Path.Combine(run, EventFile)).Count(scalar => scalar.Tag == "validation/accuracy"));
        made = FreezeRun.Of("train", "--log", "wandb", "--data", images);
        Assert.Equal((2, "error: Training: the log must be 'tensorboard', found 'wandb'.\n"), (made.Code, made.Error.ReplaceLineEndings("\n")));
    }

    private static double Seconds() => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;

    private static IEnumerable<(long, string, float)> Untimed(string run) => EventFileReader.Read(Path.Combine(run, EventFile)).Select(scalar => (scalar.Step, scalar.Tag, scalar.Value));

    private static RunParts Parts(RunSettings settings)
    {
        var known = new RunCatalogues();
        return new RunParts(settings, known.Models.Create(settings.Model), Policies.Of(settings, known), known.Optimizers.Create(settings.Optimizer), known.Schedules.Create(settings.Schedule), SmallRun.Data(), null, MetricCatalogue.Parse(settings.Metrics, known.Metrics));
    }

    private static void Finish(RunParts parts, RunLog log, ResumedRun? resumed)
    {
        var trainer = new Trainer(parts, log, null, new RunCheckpoints(log.Folder, CheckpointPlan.Parse(parts.Settings.CheckpointEvery, parts.Settings.KeepCheckpoints)));
        resumed?.Load(trainer);
        RunFolder.WriteResult(log.Folder, trainer.Run(), parts.Model);
    }

    private string Whole(RunSettings? settings = null)
    {
        string run = Path.Combine(folder.Root, "whole");
        using RunParts parts = Parts(settings ?? Settings);
        using var log = new RunLog(run, parts.Metrics, parts.Settings);
        Finish(parts, log, null);
        return run;
    }
}
