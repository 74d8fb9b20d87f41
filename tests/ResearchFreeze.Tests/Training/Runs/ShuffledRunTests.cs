using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>What a shuffled run repeats of a whole one.</summary>
public sealed class ShuffledRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A plan of phases may end the run with its last: one that went on would be a control of another length.</summary>
    [Fact]
    public void ARunThatItsRuleEndedEndsAtTheSameStep()
    {
        string recorded = Path.Combine(folder.Root, "recorded");
        RunSettings settings = SmallRun.Settings with { Epochs = 6, Policy = null, Criterion = "weight-change", Rule = "phases:1,2,steps=4,stop=1", Control = null };
        RunResult first = Run(settings, recorded), again = Run(settings with { Policy = $"shuffled:run={recorded}", Criterion = null, Rule = null, Seed = 6 }, Path.Combine(folder.Root, "shuffled"));
        Assert.InRange(first.Steps, 1, first.TotalSteps - 1);
        Assert.Equal(first.Steps, again.Steps);
        DecisionEntry[] Changes(RunResult result) => [.. result.Decisions.Where(change => change.Action is FreezeAction.Freeze or FreezeAction.Thaw or FreezeAction.Stop)];
        Assert.Equal(Changes(first).Select(change => (change.Step, change.Action)), Changes(again).Select(change => (change.Step, change.Action)));
        Assert.Equal(FreezeAction.Stop, Changes(again)[^1].Action);
    }

    private static RunResult Run(RunSettings settings, string at)
    {
        using RunParts parts = SmallRun.Parts(settings);
        using var log = new RunLog(at, parts.Metrics, settings);
        RunResult result = new Trainer(parts, log).Run(TestContext.Current.CancellationToken);
        RunFolder.WriteResult(at, result, parts.Model);
        return result;
    }
}
