using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private static readonly CostKind[] Graph = [CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient];
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(SmallRun.Eager, "sgd:momentum=0.9,decay=0.001,nesterov=1,clip=1")]
    [InlineData("adaptive:checks=20,patience=1,window=1,drift=10", "adamw")]
    public void TheSameSeedGivesTheSameBitsTwiceInARowAndWithTwoThreads(string policy, string optimizer)
    {
        RunSettings settings = SmallRun.Settings with
        {
            Model = $"mlp:{SmallRun.Features},256,128,{SmallRun.Classes}",
            Policy = policy,
            Optimizer = optimizer,
            Epochs = 3,
            LearningRate = 0.01f,
        };
        var (first, decisions) = Logged(settings, "first");
        Assert.NotEqual(1, decisions.Length);
        foreach ((int threads, string name) in new[] { (1, "again"), (2, "two") })
        {
            var (other, otherDecisions) = Logged(settings with { Threads = threads }, name);
            Assert.Equal(first, other);
            Assert.Equal(decisions, otherDecisions);
        }
        Assert.NotEqual(first, Logged(settings with { Seed = 6 }, "seed").Bits);
    }

    [Fact]
    public void PermutingTheTestLabelsChangesNoDecisionAndNoWeightBit()
    {
        DataSplits data = SmallRun.Data();
        int[] permuted = [.. data.Test.Labels.Select(label => (label + 1) % SmallRun.Classes)];
        var changed = new DataSplits(data.Name, data.Train, data.Validation, data.Test.WithLabels(permuted));
        RunSettings settings = SmallRun.Settings with { Policy = SmallRun.Eager, Epochs = 3 };
        var (bits, decisions) = Logged(settings, "a", data);
        var (otherBits, otherDecisions) = Logged(settings, "b", changed);
        Assert.NotEqual(1, decisions.Length);
        Assert.Equal(bits, otherBits);
        Assert.Equal(decisions, otherDecisions);
        Assert.NotEqual(SmallRun.Run(settings, data).Result.TestAccuracy, SmallRun.Run(settings, changed).Result.TestAccuracy);
    }

    [Theory]
    [InlineData(192)]
    [InlineData(188)]   // the last step has 16 and 12 samples in place of 16 and 16
    [InlineData(164)]   // the last step has 4 samples
    [InlineData(193)]   // the last step has 16 and 17 samples: one alone joins the batch before
    public void TwoHalfBatchesMakeTheStepOfAFullOne(int samples)
    {
        DataSplits data = SmallRun.Data(samples);
        var (whole, expected) = SmallRun.Run(SmallRun.Settings, data);
        var (halves, found) = SmallRun.Run(SmallRun.Settings with { BatchSize = 16, Accumulate = 2 }, data);
        Assert.Equal(whole.Steps, halves.Steps);
        Assert.Equal(whole.FinalTrainLoss, halves.FinalTrainLoss, 1e-4);
        foreach ((float[] a, float[] b) in expected.Zip(found))
        {
            double distance = Math.Sqrt(a.Zip(b, (x, y) => Math.Pow(x - y, 2)).Sum()), size = Math.Sqrt(a.Sum(x => x * x));
            Assert.InRange(distance, 0, 1e-4 * size);
        }
    }

    [Fact]
    public void WithNeverWhatWasDoneIsWhatFullTrainingDoes()
    {
        (RunResult result, _) = SmallRun.Run(SmallRun.Settings, SmallRun.Data(180));
        foreach (CostKind kind in (ReadOnlySpan<CostKind>)[.. Graph, CostKind.Optimizer])
        {
            (Cost done, Cost full) = (result.Ledger.Done(kind), result.Ledger.Full(kind));
            Assert.Equal((kind, full.Flops, full.Bytes), (kind, done.Flops, done.Bytes));
            // The optimizer's full launches are rounded unit by unit.
            if (kind != CostKind.Optimizer) Assert.Equal((kind, full.Launches), (kind, done.Launches));
        }
        Assert.Equal((0, 0), (result.Ledger.SavedBackward, result.Ledger.SavedTotal));
        Assert.Empty(result.Decisions);
        Assert.Equal((2, 12), (result.Epochs, result.Steps));
    }

    [Fact]
    public void AStaticRunsLedgerKnowsWhatFullTrainingWouldHaveDone()
    {
        DataSplits data = SmallRun.Data(180);   // a last batch of another size
        (RunResult full, _) = SmallRun.Run(SmallRun.Settings, data);
        (RunResult part, _) = SmallRun.Run(SmallRun.Settings with { Policy = "static:2" }, data);
        foreach (CostKind kind in Graph)
        {
            Assert.Equal((kind, full.Ledger.Done(kind).Flops), (kind, part.Ledger.Full(kind).Flops));
            Assert.Equal((kind, full.Ledger.Done(kind).Bytes), (kind, part.Ledger.Full(kind).Bytes));
        }
        Assert.Equal(part.Ledger.Full(CostKind.Forward).Flops, part.Ledger.Done(CostKind.Forward).Flops);
        Assert.Equal(0, part.Ledger.Done(CostKind.InputGradient).Flops);
        const long Samples = 2 * 180;
        Assert.Equal(2 * Samples * 48 * SmallRun.Classes, part.Ledger.Done(CostKind.WeightGradient).Flops);
        Cost backward = full.Ledger.Done(CostKind.InputGradient) + full.Ledger.Done(CostKind.WeightGradient);
        Assert.Equal(1 - (part.Ledger.Done(CostKind.WeightGradient).Flops / (double)backward.Flops), part.Ledger.SavedBackward, 1e-12);
        Assert.Equal(["fc1", "fc2"], part.Decisions.Select(decision => decision.Path));
    }

    [Fact]
    public void StaticLeavesTheFrozenWeightsAtTheirStart()
    {
        RunSettings settings = SmallRun.Settings with { Policy = "static:2" };
        using RunParts parts = SmallRun.Parts(settings);
        float[][] start = SmallRun.Weights(parts.Model);
        new Trainer(parts).Run(TestContext.Current.CancellationToken);
        float[][] end = SmallRun.Weights(parts.Model);
        Assert.Equal(SmallRun.Bits(start[..4]), SmallRun.Bits(end[..4]));
        Assert.NotEqual(start[4], end[4]);
    }

    [Fact]
    public void CheckingAPolicyChangesNothing()
    {
        RunSettings settings = SmallRun.Settings with { Policy = SmallRun.Eager };
        using RunParts parts = SmallRun.Parts(settings);
        long live = parts.Device.Counters.LiveBytes;
        Trainer.CheckPolicy(parts);
        Assert.Equal(live, parts.Device.Counters.LiveBytes);
        Assert.All(parts.Model.Parameters(), parameter => Assert.False(parameter.IsFrozen));
        new Trainer(parts).Run(TestContext.Current.CancellationToken);
        Assert.Equal(SmallRun.Bits(SmallRun.Run(settings).Weights), SmallRun.Bits(SmallRun.Weights(parts.Model)));
    }

    [Theory]
    [InlineData(3, 0, 1)]   // in the first epoch
    [InlineData(9, 1, 1)]   // in the second
    [InlineData(3, 0, 2)]   // two batches a step: the step in hand is finished
    public void ACancelledRunFinishesItsStepAndFillsItsResult(int after, int epochs, int accumulate)
    {
        RunSettings settings = SmallRun.Settings with { Epochs = 50, BatchSize = 32 / accumulate, Accumulate = accumulate };
        (RunResult result, float[][] weights) = SmallRun.Run(settings, stopAfter: after);
        Assert.True(result.IsCancelled);
        Assert.Null(result.Failure);
        Assert.Equal((after, epochs), (result.Steps, result.Epochs));
        Assert.Equal(after, result.Ledger.Steps);
        Assert.InRange(result.TestAccuracy, 0, 1);
        Assert.True(double.IsFinite(result.FinalTrainLoss));
        Assert.Equal(epochs == 0, double.IsNaN(result.BestValidationAccuracy));
        Assert.Equal(epochs == 0, double.IsNaN(result.TestAccuracyAtBestValidation));
        Assert.True(result.PeakBytes is { Activations: > 0, Saved: > 0, Gradients: > 0, Optimizer: > 0, Process: > 0 });
        RunSeconds seconds = result.Seconds;
        Assert.All(
            [seconds.Total, seconds.Forward, seconds.Backward, seconds.Optimizer, seconds.Controller, seconds.Data, seconds.Evaluation],
            value => Assert.True(value > 0));
        Assert.Equal(SmallRun.Bits(weights), SmallRun.Bits(SmallRun.Run(settings, stopAfter: after).Weights));
    }

    [Fact]
    public void TheWeightsAtTheEndAreTheLastNotTheBest()
    {
        using RunParts parts = SmallRun.Parts(SmallRun.Settings);
        RunResult result = new Trainer(parts).Run(TestContext.Current.CancellationToken);
        Assert.Equal(result.TestAccuracy, Metrics.Accuracy(parts.Model, parts.Data.Test));
    }

    [Theory]
    [InlineData(int.MaxValue, 1, 2)]
    [InlineData(2, int.MaxValue, 1)]
    [InlineData(2, 1, int.MaxValue)]
    [InlineData(int.MaxValue, int.MaxValue, int.MaxValue)]
    public void HugeNumbersDoNotOverflow(int batch, int accumulate, int epochs)
    {
        RunSettings settings = SmallRun.Settings with { BatchSize = batch, Accumulate = accumulate, Epochs = epochs };
        DataSplits data = SmallRun.Data(8, 4);
        int expected = Math.Max(1, (int)Math.Ceiling(Math.Ceiling(8.0 / batch) / accumulate));
        if ((long)expected * epochs > int.MaxValue)
        {
            Assert.Contains("epochs", Assert.ThrowsAny<ArgumentException>(() => SmallRun.Parts(settings, data)).Message, StringComparison.Ordinal);
            return;
        }
        using RunParts parts = SmallRun.Parts(settings, data);
        Assert.Equal((expected, expected * epochs), (parts.StepsAnEpoch, parts.TotalSteps));
    }

    private (int[][] Bits, string[] Decisions) Logged(RunSettings settings, string name, DataSplits? data = null)
    {
        string path = Path.Combine(folder.Root, name);
        float[][] weights;
        using (var log = new RunLog(path)) weights = SmallRun.Run(settings, data, log).Weights;
        return (SmallRun.Bits(weights), File.ReadAllLines(Path.Combine(path, "decisions.jsonl")));
    }
}
