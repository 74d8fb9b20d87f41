using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

public sealed class EarlyStopTests
{
    private static readonly IMetric[] Measured = [new LossMetric(), new AccuracyMetric(), new ConfusionMatrix()];

    [Theory]
    [InlineData("patience=2", new[] { 0.5, 0.6, 0.6, 0.59 }, 4)]                    // accuracy: equal is no improvement
    [InlineData("patience=2", new[] { 0.5, 0.6, 0.6, 0.61, 0.6, 0.6 }, 6)]
    [InlineData("patience=2,margin=0.05", new[] { 0.5, 0.54, 0.56, 0.6, 0.6 }, 5)]  // 0.56 is 0.06 better than 0.5; 0.6 is 0.04 better than that
    [InlineData("patience=1,metric=loss", new[] { 2, 1.5, 1.6 }, 3)]
    [InlineData("patience=2,metric=loss", new[] { double.NaN, 1.5, double.NaN, double.NaN }, 4)]
    public void ARunEndsAfterSoManyEpochsWithoutImprovement(string text, double[] values, int endsAt)
    {
        EarlyStop stop = EarlyStop.Parse(text, Measured, Measured[1]);
        for (int epoch = 1; epoch < endsAt; epoch++) Assert.Null(stop.Take(values[epoch - 1]));
        Assert.NotNull(stop.Take(values[endsAt - 1]));
    }

    [Theory]
    [InlineData("patience=0", "patience must be at least 1 epoch, found 0")]
    [InlineData("margin=-1", "margin must be 0 or more, found -1")]
    [InlineData("metric=confusion", "does not measure 'confusion'; it measures loss, accuracy")]
    [InlineData("patient=2", "'patient' is unknown")]
    public void AWrongSettingIsNamed(string text, string says) => Assert.Contains(says, Assert.Throws<ArgumentException>(() => EarlyStop.Parse(text, Measured, Measured[1])).Message, StringComparison.Ordinal);

    [Fact]
    public void ARunSaysWhyItEndedAndKeepsItsBestWeights()
    {
        using RunParts parts = SmallRun.Parts(SmallRun.Settings with { Epochs = 50, EarlyStop = "patience=1,margin=0.5" });
        RunResult result = new Trainer(parts).Run(TestContext.Current.CancellationToken);
        // Half of all cannot be gained again after the first epoch.
        Assert.Equal((2, false), (result.Epochs, result.IsCancelled));
        Assert.StartsWith("accuracy has not become better than ", result.StoppedEarly, StringComparison.Ordinal);
    }
}
