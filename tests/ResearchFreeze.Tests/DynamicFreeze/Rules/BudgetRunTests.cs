using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Budgets over whole runs: what was asked for and what the ledger and the peaks say.</summary>
public sealed class BudgetRunTests
{
    private static readonly RunSettings Settings = SmallRun.Settings with { Policy = null, Epochs = 40 };

    [Theory]
    [InlineData("mlp:32,64,48,4", 0.5, "off")]
    [InlineData("mlp:32,64,48,4", 0.7, "off")]
    [InlineData("mlp:32,64,48,4", 0.3, "memory=10MB,always")]
    [InlineData("mlp:32,64,48,4", 0.5, "memory=10MB,always")]
    [InlineData("mlp:32,40,40,40,40,40,4", 0.5, "off")]
    [InlineData("mlp:32,40,40,40,40,40,4", 0.9, "off")]
    public void OperationsAreMet(string model, double fraction, string cache)
    {
        (RunResult result, _) = SmallRun.Run(Settings with { Model = model, Rule = FormattableString.Invariant($"budget:flops={fraction}"), Cache = cache });
        Assert.InRange(1 - RunSummary.Of(result).Saved.TotalFlops!.Value, 0.95 * fraction, 1.05 * fraction);
    }

    /// <summary>The clock decides, so no more can be asserted of it than that it was read, and what follows from that repeats.</summary>
    [Fact]
    public void DecisionsThatReadTheClockAreRepeatedByAReplay()
    {
        string folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            RunSettings settings = Settings with { Rule = "budget:seconds=0.7" };
            float[][] weights;
            using (var log = new RunLog(folder)) weights = SmallRun.Run(settings, log: log).Weights;
            DecisionRecord record = DecisionRecord.Read(Path.Combine(folder, "decisions.jsonl"));
            Assert.Contains(record.Entries, entry => entry.Reason?.Contains(" s, a full step ", StringComparison.Ordinal) == true);
            (_, float[][] again) = SmallRun.Run(settings with { Replay = folder });
            Assert.Equal(SmallRun.Bits(weights), SmallRun.Bits(again));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>One plan a run: the peaks of several, added up, would be of different moments.</summary>
    [Theory]
    [InlineData(0.3)]
    [InlineData(0.5)]
    [InlineData(0.8)]
    public void MemoryStaysWithinTheLimit(double fraction)
    {
        const string Model = "mlp:32,40,40,40,40,40,4";
        long full = Taken(Settings with { Model = Model, Policy = "never" }), limited = Taken(Settings with { Model = Model, Rule = FormattableString.Invariant($"budget:memory={fraction}"), Control = "checks=1" });
        Assert.InRange(limited / (double)full, 0.5 * fraction, fraction);
    }

    [Fact]
    public void WhatCannotBeMetIsRefusedBeforeTheFirstStep()
    {
        using RunParts parts = SmallRun.Parts(Settings with { Rule = "budget:flops=0.2" });
        Assert.StartsWith("budget: flops 0.2 is too small: training only the head costs 0.", Assert.Throws<ArgumentException>(() => Trainer.CheckPolicy(parts)).Message, StringComparison.Ordinal);
    }

    /// <summary>A criterion whose statistics cost more than is left: nothing that a plan freezes can make up for it, and the run says so.</summary>
    [Theory]
    [InlineData("taylor-importance", 0.5, true)]
    [InlineData("weight-change", 0.5, false)]
    public void ABudgetThatWasNotKeptIsSaid(string criterion, double fraction, bool exceeded)
    {
        (RunResult result, _) = SmallRun.Run(Settings with { Criterion = criterion, Rule = FormattableString.Invariant($"budget:flops={fraction}"), Epochs = 6 });
        BudgetOutcome budget = result.Budget!;
        Assert.Equal((BudgetMeasure.Flops, fraction, exceeded), (budget.Measure, budget.Asked, budget.IsExceeded));
        Assert.Equal(1 - RunSummary.Of(result).Saved.TotalFlops!.Value, budget.Taken, 9);
        Assert.StartsWith("0.5 of full training's operations asked, ", budget.ToString(), StringComparison.Ordinal);
        // One that stops early is held against the whole of what was asked for.
        RunResult early = SmallRun.Run(Settings with { Rule = "budget:flops=0.5", Epochs = 40, EarlyStop = "patience=1,margin=1" }).Result;
        Assert.InRange(early.Steps, 1, 39 * 6);
        Assert.Equal((1 - RunSummary.Of(early).Saved.TotalFlops!.Value) * early.Steps / (40 * 6), early.Budget!.Taken, 9);
        Assert.Null(SmallRun.Run(Settings with { Rule = "static:1", Epochs = 1 }).Result.Budget);
    }

    [Theory]
    [InlineData("budget:seconds=0.7", null, "off", "a budget of seconds is kept by measured times")]
    [InlineData("budget:flops=0.7", null, "off", null)]
    [InlineData("budget:flops=0.7+prefix", null, "memory=1MB", "operations depend on what the cache has kept")]
    [InlineData("threshold", "paying=1", "off", "what pays is found by measured times")]
    [InlineData("threshold", null, "memory=1MB", null)]
    [InlineData("threshold", null, "memory=1MB,half", "a cache of float16 rounds what is read and not what is computed")]
    public void WhatReadsTheClockIsSaid(string rule, string? control, string cache, string? says)
    {
        using RunParts parts = SmallRun.Parts(Settings with { Rule = rule, Control = control, Cache = cache });
        if (says is null) Assert.Empty(parts.PolicyRemarks);
        else Assert.StartsWith($"{says}, ", Assert.Single(parts.PolicyRemarks).Replace(" and that on measured times and on where a run was stopped,", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static long Taken(RunSettings settings)
    {
        RunPeakBytes peak = SmallRun.Run(settings).Result.PeakBytes;
        return peak.Saved + peak.Gradients + peak.Optimizer;
    }
}
