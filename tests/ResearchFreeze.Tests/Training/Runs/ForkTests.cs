using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>A fork is its run bit for bit up to the decision that it makes differently, whichever checkpoint it begins with, and repeats all others.</summary>
public sealed class ForkTests : IDisposable
{
    private const int Steps = 18;
    private readonly TemporaryFolder folder = new();

    /// <summary>Criterion, rule, control.</summary>
    public static TheoryData<string, string, string> Policies => new()
    {
        { "drift", "prefix-patience:threshold=1000000,patience=1", "checks=9,warmup=0.2,margin=0" },
        { "effective-perturbation", "prefix-patience:threshold=1000000,patience=1", "checks=9,warmup=0.2,probe=2,debt=1.01" },
        { "plasticity", "prefix-patience:threshold=1000000,patience=2", "checks=9,warmup=0.2,margin=0,thaw=0.4" },
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Policies))]
    public void AForkIsItsRunUpToTheStepFromEveryCheckpointAndFromTheStart(string criterion, string rule, string control)
    {
        string run = Run(criterion, rule, control);
        DecisionEntry first = FirstFreeze(run);
        Assert.True(first.Step >= 3, $"frozen at step {first.Step}");
        foreach (Fork fork in (Fork[])[Fork.Freeze(first.Step - 1, first.Path), Fork.FreezePrefix(2, 2), Fork.Keep(1, first.Path), Fork.Freeze(0, first.Path)])
        {
            string? whole = null;
            foreach (int kept in new HashSet<int> { Steps, fork.Step, 1, 0 })
            {
                string at = Path.Combine(folder.Root, $"{fork}-{kept}");
                string source = Kept(run, kept);
                ForkedRun forked = Forked(source, fork, at);
                int differs = DecisionRecord.Read(Path.Combine(source, "decisions.jsonl")).DiffersFrom(fork)!.Value;
                Assert.Equal(Math.Min(kept, fork.Keeps is null ? fork.Step : differs - 1), forked.StartsAfter);
                // What was trained and measured before the decision has taken effect is the run's.
                Assert.Equal(Rows(run).Where(row => row.Step <= differs).Select(row => row with { FrozenUnits = 0 }), Rows(at).Where(row => row.Step <= differs).Select(row => row with { FrozenUnits = 0 }));
                Assert.True(differs == 0 || Model(run, differs).SequenceEqual(Model(at, differs)), $"{fork} from {kept}: other weights at step {differs}");
                Assert.False(Model(run, Steps).SequenceEqual(Model(at, Steps)), $"{fork} changes nothing");
                if (whole is null) whole = at;
                // What was logged at the very step is the run's where its checkpoint of that step is gone on from.
                else AssertSame(whole, at, fork.Step);
            }
        }
    }

    [Fact]
    public void ALateForkIsTheSameFromEveryCheckpointAlsoBetweenAFreezeAndItsRollback()
    {
        // The guard takes a freeze back where a validation happens to be worse after it: with one of the first seeds.
        string run = Enumerable.Range(1, 40).Select(seed => Run("drift", "prefix-patience:threshold=1000000,patience=1", "checks=18,warmup=0.4,margin=0,guard=0.00001", (ulong)seed, 0.1f)).First(made => Changes(made).Any(entry => entry.Action == FreezeAction.Rollback && entry.Step < Steps));
        DecisionEntry[] changes = Changes(run);
        const int late = Steps - 1;
        string unit = DecisionRecord.Read(Path.Combine(run, "decisions.jsonl")).Units.First(path => changes.LastOrDefault(entry => entry.Path == path && entry.Step <= late && entry.Action is FreezeAction.Freeze or FreezeAction.Thaw)?.Action != FreezeAction.Freeze);
        var fork = Fork.Freeze(late, unit);
        string? whole = null;
        for (int kept = late; kept >= 0; kept--)
        {
            string at = Path.Combine(folder.Root, $"late-{kept}");
            Assert.Equal(kept, Forked(Kept(run, kept), fork, at).StartsAfter);
            if (whole is null) whole = at;
            else AssertSame(whole, at, late);
        }
        Assert.Equal(changes.Count(entry => entry.Action == FreezeAction.Rollback), Changes(whole!).Count(entry => entry.Action == FreezeAction.Rollback));
    }

    [Fact]
    public void AForkThatFreezesWhatTheRunFreezesThereIsTheRun()
    {
        string run = Run("drift", "prefix-patience:threshold=1000000,patience=1", "checks=9,warmup=0.2,margin=0");
        DecisionEntry first = FirstFreeze(run);
        string at = Path.Combine(folder.Root, "same");
        Forked(run, Fork.Freeze(first.Step, first.Path), at);
        AssertSame(run, at);
    }

    /// <summary>From a later checkpoint it computed again what the run had read from its cache, and freezing more seemed to cost operations.</summary>
    [Fact]
    public void AForkOfARunWithACacheInMemoryBeginsBeforeItWasFilled()
    {
        string run = Run("none", "phases:2,1,steps=6", "checks=9", cache: "memory=10MB,always"), at = Path.Combine(folder.Root, "cached");
        DecisionEntry[] own = Changes(run);
        (int first, string unit) = (own.First(entry => entry.Action == FreezeAction.Freeze).Step, own.Last(entry => entry.Action == FreezeAction.Freeze).Path);
        var fork = Fork.Freeze(own.Last(entry => entry.Action == FreezeAction.Freeze).Step, unit);
        Assert.True(fork.Step > first, "one freeze only");
        Assert.Equal(first, Forked(run, fork, at).StartsAfter);
        // It changes nothing, and counts what the run counted.
        AssertSame(run, at);
        Assert.True(RunFolder.ReadSummary(at).Flops.Total < RunFolder.ReadSummary(at).FullTrainingFlops.Total, "nothing was saved");
    }

    /// <summary>Prices of repeated freezes are the run's. A fork's own freeze has none, and their sum would leave it out.</summary>
    [Fact]
    public void PricesAreRepeatedAndSummedWhereAllAreKnown()
    {
        string run = Run("annealing-debt:checks=1", "loss-budget:loss=1000,patience=0,together=1,planned=0", "checks=9,warmup=0.2,margin=0");
        DecisionEntry first = FirstFreeze(run);
        Assert.True(first.Price > 0, $"a price of {first.Price}");
        (string same, string froze, string kept) = (Path.Combine(folder.Root, "same"), Path.Combine(folder.Root, "froze"), Path.Combine(folder.Root, "kept"));
        Forked(run, Fork.Freeze(first.Step, first.Path), same);
        Assert.Equal(Changes(run).Select(entry => entry.Price), Changes(same).Select(entry => entry.Price));
        Assert.Equal(RunFolder.ReadSummary(run).ExpectedLoss, RunFolder.ReadSummary(same).ExpectedLoss);
        Forked(run, Fork.Freeze(1, first.Path), froze);
        Assert.Null(RunFolder.ReadSummary(froze).ExpectedLoss);
        Forked(run, Fork.Keep(1, first.Path), kept);
        Assert.All(Changes(kept).Where(entry => entry.Action == FreezeAction.Refuse), entry => Assert.Null(entry.Price));
        Assert.Equal(Changes(run).Where(entry => entry.Action == FreezeAction.Freeze && entry.Path != first.Path).Sum(entry => entry.Price) is > 0 and var rest ? rest : null, RunFolder.ReadSummary(kept).ExpectedLoss);
    }

    [Fact]
    public void EveryOtherDecisionIsRepeatedAndTheForksIsInItsLog()
    {
        string run = Run("drift", "prefix-patience:threshold=1000000,patience=1", "checks=9,warmup=0.2,margin=0");
        DecisionEntry first = FirstFreeze(run);
        (string froze, string kept) = (Path.Combine(folder.Root, "froze"), Path.Combine(folder.Root, "kept"));
        Forked(run, Fork.Freeze(1, first.Path), froze);
        Forked(run, Fork.Keep(first.Step, first.Path), kept);
        DecisionEntry[] own = Changes(run), frozen = Changes(froze), trained = Changes(kept);
        Assert.Equal((1, first.Path, FreezeAction.Freeze, "fork"), (frozen[0].Step, frozen[0].Path, frozen[0].Action, frozen[0].Trigger));
        // Frozen already, it is not frozen again.
        Assert.Equal(own.Skip(1).Select(Line), frozen.Skip(1).Select(Line));
        Assert.Equal((first.Step, first.Path, FreezeAction.Refuse, "fork"), (trained[0].Step, trained[0].Path, trained[0].Action, trained[0].Trigger));
        Assert.Equal(own.Skip(1).Select(Line), trained.Skip(1).Select(Line));
        Assert.Contains($"step {first.Step}, kept in training by the fork", Explanation.Of(DecisionRecord.Read(Path.Combine(kept, "decisions.jsonl"))), StringComparison.Ordinal);
        Assert.Equal((run, $"step=1,freeze={first.Path}"), (RunFolder.ReadConfig(froze).Replay, RunFolder.ReadConfig(froze).Fork));

        static string Line(DecisionEntry entry) => $"{entry.Step} {entry.Path} {entry.Action} {entry.Trigger}";
    }

    [Fact]
    public void AForkThatWasKilledGoesOnAsIfItHadNeverBeen()
    {
        string run = Run("drift", "prefix-patience:threshold=1000000,patience=1", "checks=9,warmup=0.2,margin=0"), whole = Path.Combine(folder.Root, "whole");
        var fork = Fork.FreezePrefix(4, 1);
        Forked(run, fork, whole);
        foreach (int killed in (int[])[4, 5, 11, Steps])
        {
            string again = Path.Combine(folder.Root, $"killed-{killed}");
            Directory.CreateDirectory(Path.Combine(again, "checkpoints"));
            foreach (string name in (string[])["config.json", "metrics.csv", "decisions.jsonl"]) File.Copy(Path.Combine(whole, name), Path.Combine(again, name));
            for (int step = 4; step <= killed; step++) File.Copy(Checkpoint(whole, step), Checkpoint(again, step));
            Finish(again);
            AssertSame(whole, again);
        }
    }

    [Fact]
    public void WhatCannotBeForkedIsRefusedInOneLineAndNothingIsWritten()
    {
        string run = Run("drift", "prefix-patience:threshold=1000000,patience=1", "checks=9,warmup=0.2,margin=0");
        DecisionEntry first = FirstFreeze(run);
        Refused(Fork.Freeze(3, "fc9"), "there is no unit 'fc9'");
        Refused(Fork.Freeze(first.Step + 1, first.Path), $"'{first.Path}' is frozen at step {first.Step + 1} already, since step {first.Step}");
        Refused(Fork.Keep(first.Step + 1, first.Path), $"give a step of {first.Step} or less");
        Refused(Fork.Keep(1, DecisionRecord.Read(Path.Combine(run, "decisions.jsonl")).Units[^1]), "the run never freezes");
        Refused(Fork.FreezePrefix(1, 3), "nothing would be left to train");
        Refused(Fork.Freeze(Steps, first.Path), $"--step must be in [0, {Steps - 1}]");
        string there = Path.Combine(folder.Root, "there");
        Directory.CreateDirectory(there);
        Assert.Contains("is there already", Assert.Throws<IOException>(() => ForkedRun.Of(run, Fork.Freeze(1, first.Path), _ => { }).Begin(there)).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(run, "summary.json"));
        Refused(Fork.Freeze(1, first.Path), "is not finished");

        void Refused(Fork fork, string expected)
        {
            string message = Assert.Throws<ArgumentException>(() => ForkedRun.Of(run, fork, _ => { })).Message;
            Assert.Contains(expected, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }

    [Fact]
    public void ARollbackToAFreezeThatDoesNotHappenIsRefused()
    {
        string path = Path.Combine(folder.Root, "log.jsonl");
        File.WriteAllLines(path,
        [
            """{"schema":3,"criterion":"c","rule":"r","division":"block","checkEvery":1,"warmUpSteps":0,"units":["a","b","head"]}""",
            """{"step":4,"unit":0,"path":"a","action":"freeze","trigger":"rule"}""",
            """{"step":6,"unit":0,"path":"a","action":"thaw","trigger":"guard"}""",
            """{"step":6,"unit":-1,"path":"(all)","action":"rollback","trigger":"guard","restoredStep":4}""",
        ]);
        var record = DecisionRecord.Read(path);
        Assert.Contains("line 4: a rollback to step 4", Assert.Throws<ArgumentException>(() => record.Forked(Fork.Keep(2, "a"))).Message, StringComparison.Ordinal);
        Assert.Equal(4, record.Forked(Fork.Freeze(2, "b")).Entries.Count);
    }

    [Theory]
    [InlineData("step=12,freeze=fc1")]
    [InlineData("step=0,keep=blocks.0.attention")]
    [InlineData("step=7,prefix=2")]
    public void AForkIsReadAsItIsWritten(string text) => Assert.Equal(text, ForkSpec.Parse(text).ToString());

    [Theory]
    [InlineData("freeze=fc1", "step must be 0 or more")]
    [InlineData("step=3", "expected one of keep, freeze and prefix")]
    [InlineData("step=3,keep=a,freeze=b", "expected one of keep, freeze and prefix")]
    [InlineData("step=3,thaw=b", "'thaw' is unknown")]
    public void WhatIsNoForkIsRefused(string text, string expected) => Assert.Contains(expected, Assert.Throws<ArgumentException>(() => ForkSpec.Parse(text)).Message, StringComparison.Ordinal);

    private static DecisionEntry FirstFreeze(string run) => Changes(run).First(entry => entry.Action == FreezeAction.Freeze);

    private static DecisionEntry[] Changes(string run) => [.. DecisionRecord.Read(Path.Combine(run, "decisions.jsonl")).Entries];

    private static IEnumerable<MetricRow> Rows(string run) => RunFolder.ReadMetrics(run).Select(row => row with { Seconds = 0, Further = [] });

    private static string Checkpoint(string run, int step) => Path.Combine(run, "checkpoints", $"step-{step:D8}.safetensors");

    private static byte[] Model(string run, int step)
    {
        // Without its flags: a freeze that is decided at the step has changed nothing else yet.
        StateTree model = StateTree.Load(Checkpoint(run, step)).Branch("run").Branch("model").Branch("values");
        return [.. model.Entries.SelectMany(entry => entry.Value.Bytes)];
    }

    private string Run(string criterion, string rule, string control, ulong seed = 5, float rate = 0.01f, string cache = "off")
    {
        string run = Path.Combine(folder.Root, $"run-{seed}");
        RunSettings settings = SmallRun.Settings with { Policy = null, Criterion = criterion, Rule = rule, Control = control, Seed = seed, Optimizer = "adamw", LearningRate = rate, Epochs = 3, CheckpointEvery = "1", KeepCheckpoints = "all", Cache = cache };
        using RunParts parts = SmallRun.Parts(settings);
        using var log = new RunLog(run, parts.Metrics, settings);
        Finish(parts, log, null);
        return run;
    }

    /// <summary>A run that kept a checkpoint, or none.</summary>
    private string Kept(string run, int step)
    {
        string at = Path.Combine(folder.Root, $"kept-{step}");
        if (Directory.Exists(at)) return at;
        Directory.CreateDirectory(Path.Combine(at, "checkpoints"));
        foreach (string name in Directory.GetFiles(run)) File.Copy(name, Path.Combine(at, Path.GetFileName(name)));
        for (int kept = 1; kept <= step; kept++) File.Copy(Checkpoint(run, kept), Checkpoint(at, kept));
        return at;
    }

    private static ForkedRun Forked(string run, Fork fork, string at)
    {
        var forked = ForkedRun.Of(run, fork, warning => Assert.Fail(warning));
        forked.Begin(at);
        Finish(at);
        return forked;
    }

    private static void Finish(string at)
    {
        using var resumed = ResumedRun.Open(at, warning => Assert.Fail(warning));
        using RunParts parts = SmallRun.Parts(resumed.Settings);
        using RunLog log = resumed.OpenLog(parts);
        Finish(parts, log, resumed);
    }

    private static void Finish(RunParts parts, RunLog log, ResumedRun? resumed)
    {
        var trainer = new Trainer(parts, log, null, new RunCheckpoints(log.Folder, CheckpointPlan.Parse("1", "all")));
        resumed?.Load(trainer);
        RunFolder.WriteResult(log.Folder, trainer.Run(), parts.Model);
    }

    private static void AssertSame(string whole, string again, int except = -1)
    {
        foreach (string name in (string[])["last.safetensors", "best.safetensors"]) Assert.True(File.ReadAllBytes(Path.Combine(whole, name)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(again, name))), $"{name} differs: {again}");
        Assert.Equal(Of(whole), Of(again));
        (RunSummary one, RunSummary other) = (RunFolder.ReadSummary(whole), RunFolder.ReadSummary(again));
        Assert.Equal(one.Flops.Total - one.Flops.Controller - one.Flops.Probe, other.Flops.Total - other.Flops.Controller - other.Flops.Probe);
        Assert.Equal(one.Test, other.Test);

        IEnumerable<MetricRow> Of(string run) => Rows(run).Select(row => row.Step == except ? row with { FrozenUnits = 0 } : row);
    }
}
