using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>A run with a moving average of its weights measures and saves the average, and trains as without it.</summary>
public sealed class AveragedRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    // A policy that freezes one unit after another, and thaws: by the guard or as its rule has it.
    [Theory]
    [InlineData("never")]
    [InlineData("static:1")]
    [InlineData(SmallRun.Eager)]
    [InlineData("random:frozen=0.4,every=3")]
    public void TheLastWeightsAreTheAverageByHand(string policy)
    {
        const double Decay = 0.8;
        RunSettings settings = SmallRun.Settings with { Policy = policy, WeightAverage = Decay };
        using RunParts parts = SmallRun.Parts(settings);
        var watch = new Watch(parts.Model, Decay);
        RunResult result = new Trainer(parts, observer: watch).Run(TestContext.Current.CancellationToken);
        float[][] found = SmallRun.Weights(parts.Model);
        Assert.Equal(result.Steps, watch.Steps);
        for (int i = 0; i < found.Length; i++)
        {
            for (int j = 0; j < found[i].Length; j++) Assert.Equal(watch.Averages[i][j], found[i][j], 1e-6);
        }
        // The trained weights are those of the run without: the average is seen by nobody but validation, and this policy asks nothing of it.
        (RunResult plain, float[][] weights) = SmallRun.Run(settings with { WeightAverage = null });
        Assert.Equal(SmallRun.Bits(weights), SmallRun.Bits(watch.Weights));
        Assert.Equal(plain.FinalTrainLoss, result.FinalTrainLoss);
        Assert.NotEqual(plain.TestMetrics[0].Value, result.TestMetrics[0].Value);
    }

    [Fact]
    public void TheCommandSaysSoAndWhatItSavesIsMeasured()
    {
        string run = Path.Combine(folder.Root, "run");
        FreezeRun train = FreezeRun.Of("train", "--model", "mlp:784,8,2", "--data", "fashion-mnist-small:classes=0-1", "--epochs", "1", "--policy", "never", "--device", "cpu", "--ema", "0.9", "--out", run);
        Assert.Equal(0, train.Code);
        Assert.Contains("measured and saved: a moving average of the weights that keeps 0.9 of itself a step", train.Output, StringComparison.Ordinal);
        Assert.Equal(0.9, RunFolder.ReadConfig(run).WeightAverage);
        FreezeRun eval = FreezeRun.Of("eval", run, "--device", "cpu", "--weights", "last");
        Assert.Equal(0, eval.Code);
        Assert.Contains(RunFolder.ReadSummary(run).Test["loss"]!.Value.ToString("F4", System.Globalization.CultureInfo.InvariantCulture)[..5], eval.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--ema 1", "found 1")]
    [InlineData("--ema 0", "found 0")]
    [InlineData("--ema x", "--ema must be a number, found 'x'")]
    [InlineData("--ema 0.9 --cache auto", "leave one of them out")]
    public void WhatCannotBeIsRefusedBeforeAnythingIsWritten(string options, string expected)
    {
        string run = Path.Combine(folder.Root, "run");
        FreezeRun train = FreezeRun.Of([.. $"train --model mlp:784,8,2 --data fashion-mnist-small:classes=0-1 --epochs 1 --device cpu {options}".Split(' '), "--out", run]);
        Assert.NotEqual(0, train.Code);
        Assert.Contains(expected, train.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(run));
    }

    /// <summary>Averages by the formula, in double, of what the model's weights are behind each step.</summary>
    private sealed class Watch(ModuleBase model, double decay) : IRunObserver
    {
        public double[][] Averages { get; } = [.. SmallRun.Weights(model).Select(values => values.Select(value => (double)value).ToArray())];

        public float[][] Weights { get; private set; } = [];

        public int Steps { get; private set; }

        public void Started(RunParts parts, FreezeController freeze)
        {
        }

        public void Logged(MetricRow row)
        {
        }

        public void Stepped(int step, int epoch)
        {
            double kept = Math.Min(decay, (1.0 + Steps) / (10.0 + Steps));
            Steps++;
            Weights = SmallRun.Weights(model);
            for (int i = 0; i < Weights.Length; i++)
            {
                for (int j = 0; j < Weights[i].Length; j++) Averages[i][j] = (kept * Averages[i][j]) + ((1 - kept) * Weights[i][j]);
            }
        }
    }
}
