using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
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
        Fails(Train(c => c.Models.Add("mine", _ => new ModelSpec((_, _) => new Sequential(("late", new Late(kind, 10)), ("fc", new Linear(6, 3))), [6], 3)), "--model", "mine", "--policy", "never"), $"model 'mine' failed at step 7: {TypeOf(kind)}: no luck");

    [Theory]
    [MemberData(nameof(Thrown))]
    public void Case43_ACriterionIsNamedWithItsUnit(string kind) =>
        Fails(Train(c => c.Criteria.Add("mine", _ => new Torn(kind)), "--criterion", "mine", "--control", "checks=4,warmup=0"), $"criterion 'mine' failed at step 4, unit 'fc1': {TypeOf(kind)}: no luck");

    [Theory]
    [MemberData(nameof(Thrown))]
    public void Case43_AStatisticIsNamedWithItsUnit(string kind)
    {
        Fails(Train(c => c.Criteria.Add("mine", _ => new Measured(kind, atCheck: false)), "--criterion", "mine", "--control", "checks=4,warmup=0"), $"statistic 'mine' failed at step 3, unit 'fc1': {TypeOf(kind)}: no luck");
        Fails(Train(c => c.Criteria.Add("mine", _ => new Measured(kind, atCheck: true)), "--criterion", "mine", "--control", "checks=4,warmup=0", "--overwrite"), $"statistic 'mine' failed at step 2, unit 'fc1': {TypeOf(kind)}: no luck");
    }

    [Theory]
    [MemberData(nameof(Thrown))]
    public void Case43_ARuleIsNamed(string kind) =>
        Fails(Train(c => c.Rules.Add("mine", _ => new Whim((context, _) => throw Of(kind))), "--rule", "mine+prefix", "--control", "checks=4,warmup=0"), $"rule 'mine+prefix' failed at step 2: {TypeOf(kind)}: no luck");

    [Fact]
    public void Case43_ARuleThatDecidesWhatCannotBeIsNamed()
    {
        Fails(Train(c => c.Rules.Add("mine", _ => new Whim((_, decision) => decision.Set(0, new UnitDecision(false, LearningRateScale: -1)))), "--rule", "mine", "--control", "checks=4,warmup=0"), "rule 'mine' failed at step 2: ArgumentException: ");
        Fails(Train(c => c.Rules.Add("mine", _ => new Whim((_, decision) => decision.Set(0, new UnitDecision(false, UpdateMasks: [])))), "--rule", "mine", "--control", "checks=4,warmup=0", "--overwrite"), "rule 'mine' failed at step 2: ArgumentException: ");
    }

    [Fact]
    public void Case43_ACriterionIsNamedByAValidationToo() =>
        Fails(FreezeRun.With(c => c.Criteria.Add("mine", _ => new Torn("format")), "validate", "--criterion", "mine", "--tasks", "null", "--seeds", "1", "--threads", "1"), "criterion 'mine' failed at step ");

    [Fact]
    public void Case43_ALoopOfOnesOwnGetsWhatWasThrownWithItsPlace()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, 5, 4, 3);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using var freeze = new FreezeController(model, optimizer, new Measured("format", atCheck: false), new Never());
        Exception? thrown = Record.Exception(() =>
        {
            for (int step = 0; step < 5; step++)
            {
                Networks.Backward(model, device, 4, 5, 3, step);
                freeze.Step();
            }
        });
        Assert.Equal(new PartFailure("statistic 'mine'", 3, "fc1"), PartFailure.Of(Assert.IsType<FormatException>(thrown)));
        Assert.Null(PartFailure.Of(new FormatException()));
    }

    [Fact]
    public void Case43_AnAugmentationIsNamedWithTheData()
    {
        Fails(Train(c => c.Augmentations.Add("mine", _ => new Spoiled(60)), "--augment", "mine"), $"data '{folder.Root}' failed at step ");
        FreezeRun run = Train(c => c.Augmentations.Add("mine", _ => new Spoiled(1)), "--augment", "mine", "--overwrite");
        Assert.Equal((2, $"error: Data '{folder.Root}' cannot be read: FormatException: no luck{Environment.NewLine}"), (run.Code, run.Error));
    }

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
    public void Case43_AModelThatTakesNoBatchIsBadInputAndNamed()
    {
        FreezeRun run = Train(c => c.Models.Add("mine", _ => new ModelSpec((_, _) => new Sequential(("never", new Late("format", 1)), ("fc", new Linear(6, 3))), [6], 3)), "--model", "mine");
        Assert.Equal((2, $"error: Model 'mine' cannot be trained on a batch of 8: FormatException: no luck{Environment.NewLine}"), (run.Code, run.Error));
        run = Train(c => c.Models.Add("mine", _ => new ModelSpec((_, _) => new Sequential(("never", new Late("argument", 1)), ("fc", new Linear(6, 3))), [6], 3)), "--model", "mine");
        Assert.Equal((2, $"error: Model 'mine' cannot be trained on a batch of 8: no luck{Environment.NewLine}"), (run.Code, run.Error));
        Assert.False(Directory.Exists(Path.Combine(folder.Root, "run")));
    }

    [Fact]
    public void Case28_ALoneLastSampleJoinsAndABatchThatIsTooSmallForANormalisationIsFoundBeforeTheFirstStep()
    {
        Action<RunCatalogues> norm = c => c.Models.Add("norm", _ => new ModelSpec((_, _) => new Sequential(("flat", new Flatten()), ("norm", new BatchNorm(6)), ("fc", new Linear(6, 3))), [6], 3));
        FreezeRun run = Train(norm, "--model", "norm", "--batch", "1");
        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.StartsWith("error: Model 'norm' cannot be trained on a batch of 1: ", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder.Root, "run")));
        Assert.Equal(0, Train(norm, "--model", "norm", "--batch", "8").Code);
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
        string[] all = ["train", "--data", FreezeRun.Images(folder), "--epochs", "2", "--device", "cpu", "--threads", "1", "--out", Path.Combine(folder.Root, "run"), .. args];
        if (!args.Contains("--model")) all = [.. all, "--model", "mlp:6,5,4,3"];
        return FreezeRun.With(configure, args.Contains("--batch") ? all : [.. all, "--batch", "8"]);
    }

    private sealed class Mine(string kind, string name = "mine") : IMetric
    {
        public string Name => name;

        public Better Better => Better.Higher;

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

    /// <summary>A criterion that throws at its second score.</summary>
    private sealed class Torn(string kind) : ICriterion
    {
        public string Name => "mine";

        public IReadOnlyList<UnitStatistic> Statistics { get; } = [new GradientNorm()];

        public double Score(UnitHistory history) => history.Count < 2 ? double.NaN : throw Of(kind);
    }

    private sealed class Measured(string kind, bool atCheck) : ICriterion
    {
        public string Name => "measured";

        public IReadOnlyList<UnitStatistic> Statistics { get; } = [new Broken(kind, atCheck)];

        public double Score(UnitHistory history) => 1;
    }

    /// <summary>A statistic that throws in its third step, or at its first check.</summary>
    private sealed class Broken(string kind, bool atCheck) : UnitStatistic
    {
        private int steps;

        public override string Key => "mine";

        public override Reads Reads => Reads.Gradient;

        public override IReadOnlyList<string> Values => ["value"];

        public override void Accumulate(StepView step)
        {
            if (step.Unit.Index == 0 && ++steps == 3) throw Of(kind);
        }

        public override void Read(StepView step, TensorRange values)
        {
            if (atCheck) throw Of(kind);
        }
    }

    /// <summary>A rule that decides after the first step only.</summary>
    private sealed class Whim(Action<CheckContext, FreezeDecision> decide) : IFreezeRule<NoState>
    {
        public string Name => "mine";

        public FreezeDecision Decide(CheckContext context, ref NoState state)
        {
            var decision = new FreezeDecision(context);
            if (context.Step > 0) decide(context, decision);
            return decision;
        }
    }

    /// <summary>Throws at a later image.</summary>
    private sealed class Spoiled(int images) : IAugmentation
    {
        private int left = images;

        public void Apply(ref AugmentationRandom random, Shape sample, ReadOnlySpan<float> from, Span<float> to)
        {
            if (Interlocked.Decrement(ref left) <= 0) throw new FormatException("no luck");
            from.CopyTo(to);
        }
    }

    private sealed class Abrupt(float rate) : Schedule
    {
        public override string Key => $"abrupt:rate={rate}";

        public override float Rate(int step) => step < 3 ? rate : throw new FormatException("no luck");
    }
}
