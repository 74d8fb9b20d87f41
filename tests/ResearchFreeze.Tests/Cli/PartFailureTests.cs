using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>What a user's own code throws in the middle of a run is reported with its type and its place, and is no bad input.</summary>
public sealed class PartFailureTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Thrown => ["argument", "format", "io", "null", "index"];

    [Theory]
    [MemberData(nameof(Thrown))]
    public void Case43_AMetricIsNamed(string kind) =>
        Fails(Train(c => c.Metrics.Add("mine", _ => new Mine(kind)), "--metrics", "mine"), $"metric 'mine' failed at step 4: {TypeOf(kind)}: no luck");

    [Theory]
    [MemberData(nameof(Thrown))]
    public void Case43_AModelIsNamed(string kind) =>
        Fails(Train(c => c.Models.Add("mine", _ => new ModelSpec((_, _) => new Sequential(("late", new Late(kind, 8)), ("fc", new Linear(6, 3))), [6], 3)), "--model", "mine"), $"model 'mine' failed at step 7: {TypeOf(kind)}: no luck");

    [Fact]
    public void Case43_AnAugmentationIsNamedWithTheData() =>
        Fails(Train(c => c.Augmentations.Add("mine", _ => new Spoiled()), "--augment", "mine"), $"data '{folder.Root}' failed at step ");

    [Fact]
    public void Case43_AScheduleIsNamedWithWhatAskedIt() =>
        Fails(Train(c => c.Schedules.Add("mine", _ => (rate, _) => new Abrupt(rate)), "--schedule", "mine", "--policy", "never"), "the controller of policy 'never' failed at step 3: FormatException: no luck");

    [Fact]
    public void Case43_TheTraceIsPrintedWhereItIsAskedFor()
    {
        FreezeRun run = Train(c => c.Metrics.Add("mine", _ => new Mine("format")), "--metrics", "mine", "--trace");
        Assert.Equal(1, run.Code);
        string[] lines = run.Error.Split('\n');
        Assert.Equal("error: metric 'mine' failed at step 4: FormatException: no luck", lines[0].TrimEnd());
        Assert.Contains(lines[1..], line => line.Contains(nameof(Mine), StringComparison.Ordinal) && line.Contains("   at ", StringComparison.Ordinal));
        run = FreezeRun.Of("train", "--lr", "-1", "--trace");
        Assert.Equal(2, run.Code);
        Assert.Contains("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Case43_WhatIsWrongBeforeTheRunIsStillBadInput()
    {
        FreezeRun run = Train(c => c.Metrics.Add("mine", _ => throw new ArgumentException("bins must be even.")), "--metrics", "mine");
        Assert.Equal((2, $"error: bins must be even.{Environment.NewLine}"), (run.Code, run.Error));
        run = Train(c => c.Metrics.Add("mine", _ => new Mine("format", "a/b")), "--metrics", "mine");
        Assert.Equal((2, $"error: Metric 'a/b' cannot be named so: a file or a column is named after it.{Environment.NewLine}"), (run.Code, run.Error));
        run = Train(c => c.Metrics.Add("mine", _ => new Mine("format", "accuracy")), "--metrics", "mine");
        Assert.Equal((2, $"error: Metric 'accuracy' is there twice.{Environment.NewLine}"), (run.Code, run.Error));
        Assert.False(Directory.Exists(Path.Combine(folder.Root, "run")));
    }

    [Fact]
    public void AFullMemoryIsNobodysFault()
    {
        FreezeRun run = Train(c => c.Metrics.Add("mine", _ => new Mine("memory")), "--metrics", "mine");
        Assert.Equal((2, "error: no luck"), (run.Code, run.Error.TrimEnd()));
    }

    internal static Exception Of(string kind) => kind switch
    {
        "argument" => new ArgumentException("no luck"),
        "format" => new FormatException("no luck"),
        "io" => new IOException("no luck"),
        "null" => new NullReferenceException("no luck"),
        "memory" => new OutOfMemoryException("no luck"),
        _ => new IndexOutOfRangeException("no luck"),
    };

    internal static string TypeOf(string kind) => Of(kind).GetType().Name;

    internal static void Fails(FreezeRun run, string says)
    {
        Assert.Equal(1, run.Code);
        string line = Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"error: {says}", line, StringComparison.Ordinal);
    }

    private FreezeRun Train(Action<RunCatalogues> configure, params string[] args)
    {
        string[] all = ["train", "--data", FreezeRun.Images(folder), "--epochs", "2", "--batch", "8", "--device", "cpu", "--threads", "1", "--out", Path.Combine(folder.Root, "run"), .. args];
        return FreezeRun.With(configure, args.Contains("--model") ? all : [.. all, "--model", "mlp:6,5,4,3"]);
    }

    private sealed class Mine(string kind, string name = "mine") : IMetric
    {
        public string Name => name;

        public void Begin(int classes)
        {
        }

        public void Accumulate(in MetricBatch batch)
        {
        }

        public MetricValue Value() => throw Of(kind);
    }

    /// <summary>Throws in a later forward pass.</summary>
    private sealed class Late(string kind, int passes) : Module
    {
        private int left = passes;

        public override Tensor Forward(Tensor x) => --left == 0 ? throw Of(kind) : x.Reshape([x.Shape[0], x.Shape.Count / x.Shape[0]]);
    }

    private sealed class Spoiled : IAugmentation
    {
        public void Apply(ref AugmentationRandom random, Shape sample, ReadOnlySpan<float> from, Span<float> to) => throw new FormatException("no luck");
    }

    private sealed class Abrupt(float rate) : Schedule
    {
        public override string Key => $"abrupt:rate={rate}";

        public override float Rate(int step) => step < 3 ? rate : throw new FormatException("no luck");
    }
}
