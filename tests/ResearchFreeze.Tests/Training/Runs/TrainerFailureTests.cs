using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

public class TrainerFailureTests
{
    [Theory]
    [InlineData("never", 1)]
    [InlineData("static:1", 1)]
    [InlineData("never", 3)]
    public void ANaNInTheDataStopsAtItsStepWithTheWeightsFromBefore(string policy, int accumulate)
    {
        const int BadBatch = 4;   // of epoch 1, counted from 0
        RunSettings settings = SmallRun.Settings with { Policy = policy, BatchSize = 16, Accumulate = accumulate };
        int badStep = (BadBatch / accumulate) + 1;
        (DataSplits data, float[] values) = Data();
        values[(SampleOf(settings, data, BadBatch) * SmallRun.Features) + 7] = float.NaN;   // after the check that data is finite
        (RunResult result, float[][] weights) = SmallRun.Run(settings, data);
        Assert.Equal((badStep, "input"), (result.Failure?.Step, result.Failure?.Unit));
        Assert.Equal(badStep - 1, result.Steps);
        Assert.False(result.IsCancelled);
        Assert.Equal(0, result.Epochs);
        Assert.True(double.IsNaN(result.TestAccuracy));
        (RunResult before, float[][] expected) = SmallRun.Run(settings, Data().Data, stopAfter: badStep - 1);
        Assert.Equal(badStep - 1, before.Steps);
        Assert.Equal(SmallRun.Bits(expected), SmallRun.Bits(weights));
    }

    [Theory]
    [InlineData("sgd:momentum=0", 1e12f)]
    [InlineData("sgd", 1e6f)]
    public void ARateThatIsTooLargeStopsWithTheUnitNamedAndTheWeightsFromBefore(string optimizer, float rate)
    {
        RunSettings settings = SmallRun.Settings with { Optimizer = optimizer, LearningRate = rate, Epochs = 50, Schedule = "constant" };
        (RunResult result, float[][] weights) = SmallRun.Run(settings);
        NonFinite failure = Assert.IsType<NonFinite>(result.Failure);
        Assert.Contains(failure.Unit, new[] { "fc1", "fc2", "fc3", "loss" });
        Assert.Contains($"step {failure.Step}: ", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains(failure.Unit, failure.ToString(), StringComparison.Ordinal);
        Assert.InRange(failure.Step, 2, int.MaxValue);
        (_, float[][] expected) = SmallRun.Run(settings, stopAfter: failure.Step - 1);
        Assert.Equal(SmallRun.Bits(expected), SmallRun.Bits(weights));
    }

    [Fact]
    public void AWeightThatIsNotFiniteIsNamedWithItsUnit()
    {
        using RunParts parts = SmallRun.Parts(SmallRun.Settings);
        Parameter weight = parts.Model.Parameters().Single(parameter => parameter.Path == "fc2.weight");
        float[] values = weight.Value.ToArray();
        values[5] = float.PositiveInfinity;
        parts.Device.Upload(values, weight.Value.Range);
        RunResult result = new Trainer(parts).Run(TestContext.Current.CancellationToken);
        Assert.Equal("step 1: weight 'fc2.weight' of fc2 is not finite; training stopped with the weights before that step", result.Failure?.ToString());
    }

    [Theory]
    [InlineData(float.NaN, "input")]
    [InlineData(1e30f, "fc3")]      // found in the backward pass only
    public void LookingForTheReasonIsNoPartOfTheLedger(float value, string where)
    {
        (DataSplits data, float[] values) = Data();
        values[SampleOf(SmallRun.Settings, data, 2) * SmallRun.Features] = value;
        (RunResult result, _) = SmallRun.Run(SmallRun.Settings, data);
        Assert.Equal(where, result.Failure?.Unit);
        foreach (CostKind kind in (ReadOnlySpan<CostKind>)[CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient])
            Assert.Equal((kind, result.Ledger.Full(kind)), (kind, result.Ledger.Done(kind)));
    }

    [Fact]
    public void MemoryComesBackAfterAFailureToo()
    {
        using RunParts parts = SmallRun.Parts(SmallRun.Settings with { LearningRate = 1e12f, Schedule = "constant", Epochs = 50 });
        Assert.NotNull(new Trainer(parts).Run(TestContext.Current.CancellationToken).Failure);
        parts.Dispose();
        Assert.Equal(0, parts.Device.Counters.LiveBytes);
    }

    private static (DataSplits Data, float[] Values) Data()
    {
        DataSplits data = SmallRun.Data();
        var values = new float[data.Train.Count * SmallRun.Features];
        for (int id = 0; id < data.Train.Count; id++) data.Train.CopySample(id, values.AsSpan(id * SmallRun.Features, SmallRun.Features));
        return (new DataSplits(data.Name, HostDataSet.FromArrays(values, [SmallRun.Features], data.Train.Labels, SmallRun.Classes), data.Validation, data.Test), values);
    }

    /// <summary>A sample of a batch of the first epoch.</summary>
    private static int SampleOf(RunSettings settings, DataSplits data, int batch)
    {
        using RunParts parts = SmallRun.Parts(settings, data);
        foreach (Batch found in parts.Data.Train.Batches(settings.BatchSize, 1, batch)) return found.SampleIds.Span[3];
        throw new InvalidOperationException("no such batch");
    }
}
