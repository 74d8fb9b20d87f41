using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class ReplayTests
{
    private const int Rows = 6, In = 5, Classes = 3, Units = 4, Steps = 30;

    [Fact]
    public void TwentyRandomRunsAreRepeatedBitForBitFromTheirLogs()
    {
        using var folder = new TemporaryFolder();
        int decisions = 0, rollbacks = 0, thaws = 0, adjustments = 0;
        for (ulong seed = 0; seed < 20; seed++)
        {
            string path = Path.Combine(folder.Root, $"{seed}.jsonl");
            (double[] weights, IReadOnlyList<DecisionEntry> made) = Run(seed, path, null);
            (double[] repeated, IReadOnlyList<DecisionEntry> again) = Run(seed, null, DecisionRecord.Read(path));
            Assert.Equal(weights, repeated);
            Assert.Equal(Lines(made), Lines(again));
            (double[] plain, _) = Run(seed, null, null, frozen: false);
            Assert.NotEqual(weights, plain);
            decisions += made.Count;
            rollbacks += made.Count(entry => entry.Action == FreezeAction.Rollback);
            thaws += made.Count(entry => entry.Action == FreezeAction.Thaw);
            adjustments += made.Count(entry => entry.Action == FreezeAction.Adjust);
        }
        // The runs had what a replay can get wrong.
        Assert.True(decisions > 200 && rollbacks > 3 && thaws > 20 && adjustments > 20, $"{decisions} decisions, {rollbacks} rollbacks, {thaws} thaws, {adjustments} adjustments");
    }

    [Fact]
    public void AReplayOfOtherUnitsIsRefusedNamingBoth()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Root, "log.jsonl");
        Run(1, path, null);
        using var device = new ReferenceDevice();
        using Sequential other = Networks.Mlp(device, In, Classes);
        using var optimizer = new Sgd(other, new Constant(0.1f));
        var options = new FreezeOptions { Replay = DecisionRecord.Read(path) };
        var error = Assert.Throws<ArgumentException>(() => new FreezeController(other, optimizer, new WeightChange(), new Never(), options: options));
        Assert.Contains("fc1, fc2, fc3, fc4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AReplaySavedMidwayContinuesBitForBit()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Root, "log.jsonl");
        (double[] weights, _) = Run(3, path, null, guard: 0);
        Assert.Equal(weights, Run(3, null, DecisionRecord.Read(path), guard: 0, resumeAt: 17).Weights);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("{\"schema\":1}", "line 1 is no line of a decision log: schema 1, expected 3")]
    [InlineData("{\"schema\":3,\"criterion\":\"c\"}", "line 1 is no line of a decision log")]
    [InlineData("HEAD\n{\"step\":1}\n", "line 2 is no line of a decision log")]
    [InlineData("HEAD\n{\"step\":1,\"unit\":0,\"path\":\"a\",\"action\":\"melt\",\"trigger\":\"rule\",\"reason\":\"r\"}\n", "line 2 is no line of a decision log")]
    [InlineData("HEAD\n{\"step\":1,\"unit\":1,\"path\":\"a\",\"action\":\"freeze\",\"trigger\":\"rule\",\"reason\":\"r\"}\n", "Freeze of unit 1, expected one in [0, 1)")]
    [InlineData("HEAD\n{\"step\":1,\"unit\":-1,\"path\":\"(all)\",\"action\":\"rollback\",\"trigger\":\"guard\",\"reason\":\"r\"}\n", "a rollback without restoredStep")]
    [InlineData("HEAD\n{\"step\":1,\"check\":[]}\n", "a check without unit 0, which none before it has shown")]
    [InlineData("HEAD\nno json\n", "line 2 is no line of a decision log")]
    public void WhatIsNoDecisionLogIsRefusedWithItsLine(string text, string message)
    {
        const string Head = "{\"schema\":3,\"criterion\":\"c\",\"rule\":\"r\",\"division\":\"block\",\"checkEvery\":2,\"warmUpSteps\":0,\"units\":[\"a\"]}";
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Root, "log.jsonl");
        File.WriteAllText(path, text.Replace("HEAD", Head, StringComparison.Ordinal));
        var error = Assert.Throws<FormatException>(() => DecisionRecord.Read(path));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        // A last line that a killed run left unfinished is left out.
        File.WriteAllText(path, Head + "\n{\"step\":1,\"un");
        Assert.Empty(DecisionRecord.Read(path).Entries);
    }

    private static string[] Lines(IEnumerable<DecisionEntry> entries) =>
        [.. entries.Where(entry => entry.Action != FreezeAction.Refuse).Select(entry => $"{entry} {entry.RateScale} {entry.StateAction} {entry.RestoredStep} {entry.UpdateMasks?.Count}")];

    /// <summary>A run under a rule that freezes, thaws, scales and masks at random, with triggers and the guard on and measurements that jump.</summary>
    private static (double[] Weights, IReadOnlyList<DecisionEntry> Decisions) Run(ulong seed, string? path, DecisionRecord? replay, bool frozen = true, double guard = 0.1, int resumeAt = -1)
    {
        using var device = new CpuDevice(1);
        using Sequential model = Networks.Mlp(device, In, 5, 5, 5, Classes);
        using var optimizer = new AdamW(model, new StepDecay(0.05f, 13, 0.1f), weightDecay: 0.05f);
        using DecisionLog? log = path is null ? null : new DecisionLog(path);
        var random = new RandomStream(seed, "decisions");
        var rule = new Scripted((context, decision) =>
        {
            for (int i = 0; i < Units && frozen; i++)
            {
                int draw = random.NextInt32(8);
                if (draw == 0) decision.Freeze(i, "drawn");
                if (draw == 1) decision.Set(i, new UnitDecision(true, "drawn with its state", StateAction: OnFreeze.Drop));
                if (draw == 2) decision.Thaw(i, "drawn");
                if (draw == 3) decision.Set(i, decision.Units[i] with { LearningRateScale = 0.25f * (1 + random.NextInt32(4)), Reason = "scaled" });
                if (draw == 4) decision.Set(i, decision.Units[i] with { UpdateMasks = [UpdateMask.Channels([.. Enumerable.Range(0, 5).Select(_ => random.NextInt32(2) == 0)]), null], Reason = "masked" });
            }
        });
        FreezeOptions options = new() { CheckEvery = 3, WarmUpSteps = 0, RegressionMargin = frozen ? 0.6 : 0, RateDrop = frozen ? 5 : 0, GuardMargin = guard, GuardChecks = 1, ThawAfterSteps = frozen ? 9 : 0, Replay = replay };
        FreezeController freeze = Controller();
        var measured = new RandomStream(seed, "measurements");
        for (int step = 0; step < Steps; step++)
        {
            if (step == resumeAt)
            {
                var tree = new StateTree();
                freeze.SaveState(tree);
                freeze.Dispose();
                freeze = Controller();
                freeze.LoadState(tree);
            }
            Networks.Backward(model, device, Rows, In, Classes, step);
            freeze.Step();
            if ((step + 1) % 5 == 0) freeze.Observe("accuracy", measured.NextInt32(100) / 100.0, Better.Higher);
        }
        IReadOnlyList<DecisionEntry> decisions = freeze.Decisions;
        freeze.Dispose();
        return ([.. model.Parameters().SelectMany(Networks.Bits)], decisions);

        FreezeController Controller() => new(model, optimizer, new WeightChange(), rule, log, options);
    }
}
