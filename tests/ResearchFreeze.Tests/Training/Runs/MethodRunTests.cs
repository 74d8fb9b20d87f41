using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>Every method trains an mlp and a small gpt with a tied head: frozen weights stay, heads train, a killed run goes on bit for bit, and its decisions can be repeated.</summary>
public sealed class MethodRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, bool> Runs
    {
        get
        {
            var runs = new TheoryData<string, bool>();
            foreach (string spec in MethodSpecs.All)
            {
                // An mlp has no embeddings, and no residual branches.
                if (spec != "embeddings-only" && !spec.StartsWith("dropbp", StringComparison.Ordinal)) runs.Add(spec, false);
                runs.Add(spec, true);
            }
            return runs;
        }
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Runs))]
    public void AMethodTrainsFreezesGoesOnAfterAKillAndIsRepeated(string policy, bool isText)
    {
        RunSettings settings = SmallRun.Settings with
        {
            Model = isText ? "gpt:width=8,layers=4,heads=2,places=16" : $"mlp:{SmallRun.Features},24,20,16,{SmallRun.Classes}",
            Policy = policy,
            Epochs = 4,
            LearningRate = 0.02f,
            Optimizer = isText ? "adamw" : "sgd",
            Units = MethodSpecs.UnitsOf(policy) + (isText ? ":head=head" : ""),      // what is tied is no head unless it is named
            CheckpointEvery = "at:11",
            KeepCheckpoints = "all",
        };
        if (policy == "shuffled") settings = settings with { Policy = $"shuffled:run={Recorded(settings, isText)}" };
        string whole = Path.Combine(folder.Root, "whole");
        using RunParts parts = Parts(settings, isText);
        Assert.Equal(24, parts.TotalSteps);
        var watch = new Watch();
        using (var log = new RunLog(whole, parts.Metrics, settings)) Finish(parts, log, settings, null, watch);
        Assert.Equal(24, watch.Steps);
        Assert.Equal(isText, watch.HasTiedHead);
        Assert.Equal(MethodSpecs.WithoutFreezes.Contains(policy), !RunFolder.Open(whole).Decisions.Entries.Any(entry => entry.Action == FreezeAction.Freeze || entry.UpdateMasks is not null));
        foreach (int killed in (int[])[11])
        {
            string again = Path.Combine(folder.Root, $"killed-{killed}");
            Directory.CreateDirectory(Path.Combine(again, "checkpoints"));
            foreach (string name in Directory.GetFiles(whole, "*.jso*").Append(Path.Combine(whole, "metrics.csv"))) File.Copy(name, Path.Combine(again, Path.GetFileName(name)));
            File.Delete(Path.Combine(again, "summary.json"));
            foreach (string path in Directory.GetFiles(Path.Combine(whole, "checkpoints")).Order(StringComparer.Ordinal).Take(killed)) File.Copy(path, Path.Combine(again, "checkpoints", Path.GetFileName(path)));
            using (ResumedRun resumed = ResumedRun.Open(again, warning => Assert.Fail(warning)))
            {
                using RunParts fresh = Parts(resumed.Settings, isText);
                using RunLog log = resumed.OpenLog(fresh);
                Finish(fresh, log, resumed.Settings, resumed, null);
            }
            foreach (string name in (string[])["last.safetensors", "best.safetensors", "decisions.jsonl"]) Assert.True(File.ReadAllBytes(Path.Combine(whole, name)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(again, name))), $"{name} differs, killed after {killed}");
        }
        // A replay has another log of its own, and the same weights.
        using RunParts repeated = Parts(settings with { Replay = whole }, isText);
        new Trainer(repeated).Run(TestContext.Current.CancellationToken);
        Assert.Equal(SmallRun.Bits(SmallRun.Weights(parts.Model)), SmallRun.Bits(SmallRun.Weights(repeated.Model)));
    }

    [Fact]
    public void WhatAMethodStandsInForIsSaid()
    {
        using RunParts parts = Parts(SmallRun.Settings with { Policy = "freezeout", Units = "tensor:head=none", Schedule = "linear" }, false);
        Assert.Equal(
            ["freezeout stands in for the schedule 'linear': each unit's rate follows a cosine of its own, from the run's rate on", "freezeout was published for units by block, and here they are by tensor: --units block"], parts.PolicyRemarks);
        Assert.IsType<Constant>(parts.Optimizer.Schedule);
        using RunParts none = Parts(SmallRun.Settings with { Policy = "adaptive" }, false);
        Assert.Empty(none.PolicyRemarks);
    }

    [Theory]
    [InlineData("adaptive", "block", "'embeddings+head' is one unit by its tied weights, and so no head: a rule that does not spare embeddings may freeze it; --units block:head=head keeps it in training")]
    [InlineData("autofreeze", "tensor:head=found", "'embeddings.tokens.weight+head.output.weight' is one unit by its tied weights, and so no head: a rule that does not spare embeddings may freeze it; --units tensor:head=head keeps it in training")]
    [InlineData("adaptive", "block:head=head", null)]
    [InlineData("adaptive", "block:head=none", null)]
    [InlineData("never", "block", null)]
    public void ATiedHeadThatMayBeFrozenIsSaid(string policy, string units, string? remark)
    {
        using RunParts parts = Parts(SmallRun.Settings with { Model = "gpt:width=8,layers=2,heads=2,places=16", Policy = policy, Units = units }, true);
        if (remark is null) Assert.DoesNotContain(parts.PolicyRemarks, said => said.Contains("tied", StringComparison.Ordinal));
        else Assert.Contains(remark, parts.PolicyRemarks);
    }

    /// <summary>A run to shuffle.</summary>
    private string Recorded(RunSettings settings, bool isText)
    {
        string run = Path.Combine(folder.Root, "recorded");
        RunSettings first = settings with { Policy = "random:frozen=0.4,every=5" };
        using RunParts parts = Parts(first, isText);
        using (var log = new RunLog(run, parts.Metrics, first)) Finish(parts, log, first, null, null);
        return run;
    }

    private static void Finish(RunParts parts, RunLog log, RunSettings settings, ResumedRun? resumed, IRunObserver? observer)
    {
        var trainer = new Trainer(parts, log, observer, new RunCheckpoints(log.Folder, CheckpointPlan.Parse(settings.CheckpointEvery, settings.KeepCheckpoints)));
        resumed?.Load(trainer);
        RunFolder.WriteResult(log.Folder, trainer.Run(), parts.Model);
    }

    private static RunParts Parts(RunSettings settings, bool isText)
    {
        var known = new RunCatalogues();
        // 192 samples of 16 tokens, as SmallRun has 192.
        DataSplits data = isText ? new PlainText("letters", string.Concat(Enumerable.Range(0, 16 * 192 * 5 / 4).Select(i => (char)('a' + (i * i % 7)))), 0.1, 0.1).Tokenise(new ByteVocabulary(), 16) : SmallRun.Data();
        Policy policy = Policies.Of(settings, known);
        if (settings.Replay is { } run) policy = policy.Replaying(DecisionRecord.Read(Path.Combine(run, "decisions.jsonl")));
        return new RunParts(settings, known.Models.Create(settings.Model), policy, known.Optimizers.Create(settings.Optimizer), known.Schedules.Create(settings.Schedule), data);
    }

    /// <summary>After each step: what was frozen in it has not moved, and no head is frozen.</summary>
    private sealed class Watch : IRunObserver
    {
        private FreezeController? freeze;
        private bool[] frozen = [];
        private float[][][] weights = [];

        public int Steps { get; private set; }

        public bool HasTiedHead { get; private set; }

        public void Started(RunParts parts, FreezeController freeze)
        {
            this.freeze = freeze;
            HasTiedHead = freeze.Units[0].Path.Contains('+', StringComparison.Ordinal);
            Look();
        }

        public void Logged(MetricRow row)
        {
        }

        public void Stepped(int step, int epoch)
        {
            Steps++;
            float[][][] before = weights;
            bool[] was = frozen;
            Look();
            for (int i = 0; i < was.Length; i++)
            {
                Assert.False(freeze!.Units[i].IsHead && freeze.Units[i].IsFrozen, $"head {freeze.Units[i].Path} is frozen after step {step}");
                if (was[i]) Assert.Equal(SmallRun.Bits(before[i]), SmallRun.Bits(weights[i]));
            }
        }

        private void Look()
        {
            frozen = [.. freeze!.Units.Select(unit => unit.IsFrozen)];
            weights = [.. freeze.Units.Select(unit => unit.Parameters.Select(parameter => parameter.Value.ToArray()).ToArray())];
        }
    }
}
