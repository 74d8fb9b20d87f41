using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>A run with a forward cache has the weights, rows, decisions and full costs of the run without, bit for bit, whatever is frozen and thawed on the way; and it has read what the other computed.</summary>
public sealed class CachedRunTests : IDisposable
{
    /// <summary>A unit more is frozen at each check.</summary>
    private const string Growing = "prefix-patience:threshold=1000000,patience=1";

    /// <summary>Units take turns: the prefix is thawed again and again.</summary>
    private const string Turning = "rotation:units=1,every=4";

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, string, string, int, int, string> Runs => new()
    {
        { "mlp", Growing, "none", 1, 32, "memory=1MB,always" },
        { "mlp", Turning, "none", 1, 1, "memory=1MB,always" },
        { "mlp", "static:2", "none", 1, 3, "memory=1MB" },
        { "norms", Growing, "none", 1, 24, "memory=1MB,always" },
        { "norms", Turning, "none", 3, 24, "memory=1MB,always" },
        { "norms", "static:3", "flip+shift:1+variants:2", 1, 24, "memory=1MB,always" },
        { "norms", Growing, "flip+shift:1+variants:3", 2, 24, "memory=1MB,always" },
        { "norms", Growing, "none", 1, 24, "memory=20KB,always" },      // a part of the samples
        { "residual", Growing, "none", 1, 32, "memory=4MB,always" },
        { "residual", "static:3", "none", 1, 32, "auto" },
        { "tokens", Growing, "none", 1, 16, "memory=4MB,always" },
        { "tokens", Turning, "none", 2, 7, "memory=4MB,always" },
        { "tokens", "static:3", "none", 1, 16, "file,always" },
        { "recompute", Growing, "none", 1, 16, "memory=4MB,always" },
        { "patches", "static:3", "none", 1, 32, "memory=4MB,always" },
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Runs))]
    public void ARunWithACacheIsTheRunWithout(string model, string rule, string augment, int accumulate, int batch, string cache)
    {
        RunSettings settings = Settings(rule) with { Augment = augment, Accumulate = accumulate, BatchSize = batch, Optimizer = "adamw", LearningRate = 0.01f, Epochs = 6 };
        (RunResult plain, float[][] expected) = Run(model, settings);
        (RunResult cached, float[][] found) = Run(model, settings with { Cache = cache == "file,always" ? $"file={folder.Root},limit=64MB,always" : cache });
        Assert.Equal(SmallRun.Bits(expected), SmallRun.Bits(found));
        Assert.Equal(plain.Decisions.Select(entry => entry.ToString()), cached.Decisions.Select(entry => entry.ToString()));
        Assert.NotEmpty(plain.Decisions);
        Assert.Equal(plain.BestValidation, cached.BestValidation);
        foreach (CostKind kind in (CostKind[])[CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient]) Assert.Equal(plain.Ledger.Full(kind).Flops, cached.Ledger.Full(kind).Flops);
        foreach (CostKind kind in (CostKind[])[CostKind.InputGradient, CostKind.WeightGradient, CostKind.Optimizer]) Assert.Equal(plain.Ledger.Done(kind).Flops, cached.Ledger.Done(kind).Flops);
        CacheReport report = cached.Cache!;
        if (!cache.EndsWith("always", StringComparison.Ordinal)) return;
        Assert.True(report.Read > 0, $"{report}");
        // What was not done is what was read, and no more.
        Assert.True(cached.Ledger.Done(CostKind.Forward).Flops < plain.Ledger.Done(CostKind.Forward).Flops);
    }

    [Fact]
    public void WhatWasNotComputedIsWhatTheBooksSay()
    {
        // Frozen from the start, all samples in one batch: an epoch that computes, and five that read.
        RunSettings settings = Settings("static:2") with { BatchSize = 192, Epochs = 6, Cache = "memory=1MB,always" };
        (RunResult plain, _) = Run("mlp", settings with { Cache = "off" });
        (RunResult cached, _) = Run("mlp", settings);
        long prefix = 2L * 192 * ((SmallRun.Features * 64) + (64 * 48));
        Assert.Equal(plain.Ledger.Done(CostKind.Forward).Flops - (5 * prefix), cached.Ledger.Done(CostKind.Forward).Flops);
        Assert.Equal((5 * prefix) + (5 * prefix / 3), cached.Cache!.SkippedFlops);       // validation has a third of the samples
        Assert.Equal((5 * 256, 256), (cached.Cache.Read, cached.Cache.Computed));
        // Written once, read five times, and one sample computed alone.
        long bytes = 192 * 48 * sizeof(float);
        Assert.InRange(cached.Ledger.Done(CostKind.Cache).Bytes, 6 * bytes, 7 * bytes);
    }

    [Fact]
    public void AResumedRunReadsWhatTheFileHasAndEndsWithTheSameBits()
    {
        RunSettings settings = Settings("static:3") with { Epochs = 4, BatchSize = 24, Optimizer = "adamw", LearningRate = 0.01f, Cache = $"file={Path.Combine(folder.Root, "kept")},limit=64MB,always" };
        (_, float[][] expected) = Run("norms", settings with { Cache = "off" });
        (RunResult first, float[][] found) = Run("norms", settings);
        (RunResult second, float[][] again) = Run("norms", settings);
        Assert.Equal(SmallRun.Bits(expected), SmallRun.Bits(found));
        Assert.Equal(SmallRun.Bits(expected), SmallRun.Bits(again));
        Assert.True(first.Cache!.Computed > 0);
        // One batch shows how often the dropout is called.
        Assert.Equal(24, second.Cache!.Computed);
        Assert.Equal(first.Cache.Read + first.Cache.Computed, second.Cache.Read + second.Cache.Computed);
        // Other weights have other samples, whatever the file has.
        (RunResult other, _) = Run("norms", settings with { Seed = 6 });
        Assert.Equal(first.Cache.Computed, other.Cache!.Computed);
    }

    /// <summary>What a run reads that it has never computed counts as what it would have cost.</summary>
    [Theory]
    [InlineData("mlp", 16)]
    [InlineData("texts", 8)]
    public void ARunThatReadsWhatAnotherHasKeptHasTheSameBooksOfFullTraining(string model, int batch)
    {
        RunSettings settings = Settings("static:2") with { Epochs = 3, BatchSize = batch, Optimizer = "adamw", LearningRate = 0.01f, Cache = $"file={folder.Root},limit=64MB,always" };
        (RunResult plain, float[][] expected) = Run(model, settings with { Cache = "off" });
        (RunResult first, _) = Run(model, settings);
        (RunResult second, float[][] found) = Run(model, settings);
        Assert.Equal(SmallRun.Bits(expected), SmallRun.Bits(found));
        foreach (CostKind kind in (CostKind[])[CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient]) Assert.Equal(plain.Ledger.Full(kind).Flops, second.Ledger.Full(kind).Flops);
        Assert.Equal(plain.Ledger.SavedBackward, second.Ledger.SavedBackward);
        Assert.InRange(second.Ledger.Done(CostKind.Forward).Flops, 1, first.Ledger.Done(CostKind.Forward).Flops - 1);
        Assert.Equal(0, second.Cache!.Computed);
        Assert.Equal(first.Cache!.Read + first.Cache.Computed, second.Cache.Read);
    }

    [Theory]
    [InlineData("norms", "flip", "Cache: 'flip' changes a sample anew in each epoch, so that nothing kept would be read again; say how many versions there are, as in --augment flip+variants:4.")]
    [InlineData("drops", "none", "Cache: 'drop' (Dropout(0.3)) drops at random also where it is frozen, so that nothing before it can be kept.")]
    [InlineData("moments", "none", "Cache: 'norm' (BatchNorm(4)) uses the batch's moments also where it is frozen, so that nothing before it can be kept.")]
    public void WhatNeverComesAgainIsRefused(string model, string augment, string expected)
    {
        using RunParts parts = Parts(model, Settings("static:1") with { Augment = augment, Cache = "auto" });
        Assert.Equal(expected, Assert.Throws<ArgumentException>(() => Trainer.CheckPolicy(parts)).Message);
    }

    private static RunSettings Settings(string rule) => SmallRun.Settings with { Policy = null, Criterion = "weight-change", Rule = rule, Control = "checks=16,warmup=0" };

    private static (RunResult Result, float[][] Weights) Run(string model, RunSettings settings)
    {
        using RunParts parts = Parts(model, settings);
        RunResult result = new Trainer(parts).Run();
        return (result, SmallRun.Weights(parts.Model));
    }

    private static RunParts Parts(string name, RunSettings settings)
    {
        var known = new RunCatalogues();
        ModelSpec model = name switch
        {
            "mlp" => known.Models.Create(settings.Model),
            "residual" => known.Models.Create("resnet:8,4"),
            "tokens" => known.Models.Create("bert:width=16,layers=3,heads=2,dropout=0.2"),
            "texts" => known.Models.Create("bert:width=16,layers=3,heads=2"),
            "recompute" => known.Models.Create("bert:width=16,layers=3,heads=2,dropout=0.2,recompute=yes"),
            "patches" => known.Models.Create("vit:width=16,layers=3,heads=2,dropout=0.2,patch=4"),
            _ => new ModelSpec((_, classes) => Norms(name, classes), [8, 4, 1], SmallRun.Classes),
        };
        DataSplits data = name switch
        {
            "mlp" => SmallRun.Data(),
            "residual" or "patches" => Images(),
            "tokens" or "texts" or "recompute" => Tokens(),
            _ => SmallRun.Images(),
        };
        return new RunParts(
            settings, model, Policies.Of(settings, known), known.Optimizers.Create(settings.Optimizer), known.Schedules.Create(settings.Schedule), data, Augmentations.Parse(settings.Augment, known.Augmentations));
    }

    private static Sequential Norms(string name, int classes) => new(
        ("conv", new Conv2d(1, 4, 3, padding: 1)), ("norm", new BatchNorm(4) { Frozen = name == "moments" ? FrozenNormalisation.BatchStatistics : FrozenNormalisation.Eval }), ("relu", new Relu()), ("flat", new Flatten()),
        ("drop", new Dropout(0.3f, inFrozenPrefix: name == "drops")), ("fc", new Linear(4 * 32, 16)), ("norm2", new BatchNorm(16)), ("head", new Linear(16, classes)));

    internal static DataSplits Images()
    {
        return new DataSplits("images", Part("train", 96), Part("validation", 32), Part("test", 32));

        static HostDataSet Part(string name, int count)
        {
            var random = new RandomStream(3, name);
            var values = new float[count * 16 * 16];
            for (int i = 0; i < values.Length; i++) values[i] = (float)random.NextNormal() + (i / 256 % SmallRun.Classes);
            return HostDataSet.FromArrays(values, [16, 16], [.. Enumerable.Range(0, count).Select(i => i % SmallRun.Classes)], SmallRun.Classes, name);
        }
    }

    /// <summary>In a last epoch nothing new is written, so nothing is said to be kept.</summary>
    [Theory]
    [InlineData(1, "cache: what 'fc1' gives would be kept, but samples come for the last time: nothing new is")]
    [InlineData(2, "cache: what 'fc1' gives is kept")]
    public void WhatIsNotWrittenIsNotSaidToBeKept(int epochs, string says)
    {
        using RunParts parts = SmallRun.Parts(SmallRun.Settings with { Policy = "static:1", Epochs = epochs, Cache = "memory=10MB,always" });
        var heard = new Listener();
        RunResult result = new Trainer(parts, observer: heard).Run(TestContext.Current.CancellationToken);
        Assert.Equal(says, Assert.Single(heard.Lines));
        Assert.Equal(epochs > 1, result.Cache!.Bytes > 0);
    }

    private static DataSplits Tokens()
    {
        return new DataSplits("tokens", Part("train", 97), Part("validation", 32), Part("test", 32));

        static HostDataSet Part(string name, int count)
        {
            var random = new RandomStream(4, name);
            int[] lengths = [.. Enumerable.Range(0, count).Select(_ => 1 + random.NextInt32(11))], starts = [.. lengths.Select((_, i) => lengths.Take(i).Sum()), lengths.Sum()];
            int[] labels = [.. lengths.Select((_, i) => i % SmallRun.Classes)];
            int[] ids = [.. lengths.SelectMany((length, i) => Enumerable.Range(0, length).Select(_ => 1 + (4 * labels[i]) + random.NextInt32(8)))];
            return HostDataSet.FromTokens(new TokenSamples(ids, starts, 30) { PadId = 0, MaxLength = 12 }, labels, SmallRun.Classes, name);
        }
    }

    private sealed class Listener : IRunObserver
    {
        public List<string> Lines { get; } = [];

        public void Started(RunParts parts, FreezeController freeze)
        {
        }

        public void Logged(MetricRow row)
        {
        }

        public void Said(string line) => Lines.Add(line);

        public void Stepped(int step, int epoch)
        {
        }
    }
}
