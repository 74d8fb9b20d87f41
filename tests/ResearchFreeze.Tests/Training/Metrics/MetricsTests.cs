using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

public sealed class MetricsTests : IDisposable
{
    private const int Copies = 100;   // 300 samples: more than one batch of an evaluation
    private readonly CpuDevice device = new(1);
    private readonly Sequential model = new(("drop", new Dropout(0.5f)), ("fc", new Linear(2, 2)));

    public MetricsTests()
    {
        model.Initialize(device, 1);
        device.Upload([1f, 0f, 0f, 1f], model.Parameters().First().Value.Range);
    }

    public void Dispose()
    {
        model.Dispose();
        device.Dispose();
    }

    [Fact]
    public void AccuracyAndLossAreThoseOfAHandComputedExample()
    {
        // Logits are the inputs: (2, 0) is right with label 0, (0, 1) with label 1, (1, 0) wrong with label 1.
        LossAndAccuracy found = Metrics.Evaluate(model, Data());
        double loss = (Math.Log(1 + Math.Exp(-2)) + Math.Log(1 + Math.Exp(-1)) + Math.Log(1 + Math.E)) / 3;
        Assert.Equal(2 / 3.0, found.Accuracy, 1e-12);
        Assert.Equal(loss, found.Loss, 1e-6);
        Assert.Equal(found.Accuracy, Metrics.Accuracy(model, Data()));
    }

    [Fact]
    public void ItsWorkIsEvaluationAndEverythingIsLeftAsItWas()
    {
        using CostScope booking = device.Counters.For(CostKind.Statistics, 3);
        Cost forward = device.Counters.Of(CostKind.Forward), statistics = device.Counters.Of(CostKind.Statistics);
        long live = device.Counters.LiveBytes;
        Metrics.Evaluate(model, Data());
        Assert.Equal((CostKind.Statistics, 3), (device.Counters.Kind, device.Counters.Unit));
        Assert.Equal(2L * 3 * Copies * 2 * 2, device.Counters.Of(CostKind.Evaluation).Flops);
        Assert.Equal((forward, statistics), (device.Counters.Of(CostKind.Forward), device.Counters.Of(CostKind.Statistics)));
        Assert.Equal(0, device.Counters.PeakSavedBytes);
        Assert.Equal(live, device.Counters.LiveBytes);
        Assert.True(model.IsTraining);
        Assert.True(GradMode.IsEnabled);
        model.Eval();
        Metrics.Evaluate(model, Data());
        Assert.False(model.IsTraining);
    }

    [Fact]
    public void AFailureLeavesEverythingAsItWasToo()
    {
        var host = HostDataSet.FromArrays([1, 2, 3], [3], [0], 2);
        DataSet wrong = DataSets.On(new DataSplits("wrong", host, host, host), device, 1).Test;
        model[1].Eval();
        Assert.Throws<ShapeException>(() => Metrics.Evaluate(model, wrong));
        Assert.Equal((CostKind.Forward, 0), (device.Counters.Kind, device.Counters.Unit));
        Assert.Equal([true, true, false], model.Modules().Select(module => module.IsTraining));
        Assert.True(GradMode.IsEnabled);
    }

    [Fact]
    public void Case08_EveryModuleKeepsItsOwnMode()
    {
        using var normed = new Sequential(("norm", new BatchNorm(2)), ("drop", new Dropout(0.5f)), ("fc", new Linear(2, 2)));
        normed.Initialize(device, 1);
        normed[0].Eval();
        Metrics.Accuracy(normed, Data());
        Assert.Equal([true, false, true, true], normed.Modules().Select(module => module.IsTraining));
        for (int step = 0; step < 5; step++) Networks.Backward(normed, device, 6, 2, 2, step);
        Assert.Equal([0, 0], Networks.Values(((BatchNorm)normed[0]).RunningMean.Value));
        normed.Eval();
        normed[1].Train();
        LossAndAccuracy first = Metrics.Evaluate(normed, Data());
        Assert.Equal([false, false, true, false], normed.Modules().Select(module => module.IsTraining));
        Assert.Equal(first, Metrics.Evaluate(normed, Data()));   // what is measured is the model in evaluation all the same
    }

    private DataSet Data()
    {
        float[] values = [.. Enumerable.Repeat(new[] { 2f, 0, 0, 1, 1, 0 }, Copies).SelectMany(sample => sample)];
        int[] labels = [.. Enumerable.Repeat(new[] { 0, 1, 1 }, Copies).SelectMany(label => label)];
        var host = HostDataSet.FromArrays(values, [2], labels, 2);
        return DataSets.On(new DataSplits("three points", host, host, host), device, 1).Test;
    }
}
