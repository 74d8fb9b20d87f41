using ResearchFreeze.Data;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

public sealed class ChanceWatchTests
{
    [Fact]
    public void AfterATenthOfTheStepsItSaysOnceThatNothingWasLearned()
    {
        var watch = new ChanceWatch(new Classification().Guessing(Of(10)), 400);
        string[] said = [.. Enumerable.Range(1, 400).Select(step => watch.Take(step, 2.31)).OfType<string>()];
        Assert.StartsWith("after 40 of 400 steps the loss is 2.31, no better than guessing among 10 classes (2.30): ", Assert.Single(said), StringComparison.Ordinal);
        Assert.True(watch.IsAtChance);
    }

    [Theory]
    [InlineData(2.18, false)]       // 0.95 ln 10 is 2.187
    [InlineData(2.20, true)]
    public void TheMeanOfTheLastTenLossesIsJudged(double mean, bool says)
    {
        var watch = new ChanceWatch(new Classification().Guessing(Of(10)), 400);
        for (int step = 1; step < 31; step++) Assert.Null(watch.Take(step, says ? 0.1 : 9));
        for (int step = 31; step < 40; step++) Assert.Null(watch.Take(step, mean + (step % 2 == 0 ? 0.5 : -0.5)));
        Assert.Equal(says, watch.Take(40, mean - 0.5 + 1) is not null);
        Assert.Equal(says, watch.IsAtChance);
    }

    [Fact]
    public void ARunThatFallsBackIsSeenAtTheEndAndAShortOneIsNotJudged()
    {
        var watch = new ChanceWatch(new Classification().Guessing(Of(3)), 300);
        for (int step = 1; step <= 290; step++) Assert.Null(watch.Take(step, 0.3));
        for (int step = 291; step <= 300; step++) Assert.Null(watch.Take(step, 1.1));
        Assert.True(watch.IsAtChance);
        var brief = new ChanceWatch(new Classification().Guessing(Of(3)), 15);
        Assert.All(Enumerable.Range(1, 15), step => Assert.Null(brief.Take(step, 1.2)));
        var one = new ChanceWatch(new Classification().Guessing(Of(1)), 300);
        Assert.All(Enumerable.Range(1, 300), step => Assert.Null(one.Take(step, 1.2)));
    }

    private static HostDataSet Of(int classes) => HostDataSet.FromArrays([1], [1], [0], classes);
}
