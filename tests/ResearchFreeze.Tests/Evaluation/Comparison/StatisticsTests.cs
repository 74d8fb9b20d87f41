using ResearchFreeze.Evaluation;

namespace ResearchFreeze.Tests.Evaluation;

/// <summary>Each statistic against numbers that were worked out by hand, with tables of Student's t.</summary>
public sealed class StatisticsTests
{
    [Fact]
    public void PairedDifferencesHaveStudentsInterval()
    {
        // Differences 1, 2, 3, 4: mean 2.5, deviation √(5/3) = 1.29099; t(0.975, 3) = 3.18245; half = 3.18245 · 1.29099 / 2 = 2.05426.
        var found = PairedDifference.Of([2, 4, 6, 8], [1, 2, 3, 4]);
        Assert.Equal((4, 2.5, "t"), (found.Seeds, found.Mean, found.Interval));
        Assert.Equal(1.29099, found.Deviation, 5);
        Assert.Equal(0.44574, found.Low, 5);
        Assert.Equal(4.55426, found.High, 5);
        // Cohen's d of the differences: 2.5 / 1.29099.
        Assert.Equal(1.93649, found.EffectSize, 5);
    }

    [Fact]
    public void OnePairHasNoInterval()
    {
        var found = PairedDifference.Of([0.5]);
        Assert.Equal((1, 0.5), (found.Seeds, found.Mean));
        Assert.True(double.IsNaN(found.Deviation) && double.IsNaN(found.Low) && double.IsNaN(found.High) && double.IsNaN(found.EffectSize));
        Assert.Throws<ArgumentException>(() => PairedDifference.Of([]));
        Assert.Throws<ArgumentException>(() => PairedDifference.Of([1], [1, 2]));
    }

    [Fact]
    public void FromTwentyPairsTheIntervalIsABootstrap()
    {
        double[] differences = [.. Enumerable.Range(1, 20).Select(i => (double)i)];
        var found = PairedDifference.Of(differences);
        Assert.Equal(("bootstrap", 10.5), (found.Interval, found.Mean));
        // The means of 20 draws have a deviation of √((20² − 1) / 12 / 20) = 1.2893, so that 95 % of them lie within about 2.53 of 10.5.
        Assert.InRange(found.Low, 7.85, 8.1);
        Assert.InRange(found.High, 12.9, 13.15);
        Assert.Equal(found, PairedDifference.Of(differences));
        Assert.Equal("t", PairedDifference.Of(differences[..19]).Interval);
    }

    [Theory]
    // Accuracy in points: worse by 0.05 in the mean; deviation √(0.005 / 3) = 0.0408248; error 0.0204124; t(0.95, 3) = 2.35336: 0.05 + 0.048038.
    [InlineData(0.2, true, 0.098038, true)]
    [InlineData(0.09, true, 0.098038, false)]
    // The same numbers as a loss are better by 0.05: −0.05 + 0.048038.
    [InlineData(0.001, false, -0.001962, true)]
    public void NonInferiorityIsOneSided(double margin, bool higherIsBetter, double bound, bool isShown)
    {
        var found = NonInferiority.Of([0, -0.05, -0.05, -0.1], margin, higherIsBetter);
        Assert.Equal(bound, found.Bound, 5);
        Assert.Equal(isShown, found.IsShown);
        Assert.Equal(isShown, found.P < 0.05);
    }

    [Fact]
    public void NonInferiorityOfEqualRunsIsShownAndOfOnePairIsNot()
    {
        Assert.True(NonInferiority.Of([0, 0], 0.2, true).IsShown);
        Assert.Equal(0, NonInferiority.Of([0, 0], 0.2, true).P);
        Assert.Equal(1, NonInferiority.Of([-1, -1], 0.2, true).P);
        Assert.False(NonInferiority.Of([0], 0.2, true).IsShown);
    }

    [Theory]
    // All of one sign: that and its mirror of 2ⁿ.
    [InlineData(new double[] { 1, 2, 3 }, 2 / 8.0)]
    // |sum| = 4: of the sums ±6, ±4, ±2, ±0 (1 + 2 − 3 and its mirror) four are as far.
    [InlineData(new double[] { -1, 2, 3 }, 4 / 8.0)]
    [InlineData(new double[] { 1, -1 }, 1)]
    [InlineData(new double[] { 0, 0, 0 }, 1)]
    [InlineData(new double[] { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 2 / 1024.0)]
    public void SignsAreFlippedInAllWays(double[] differences, double p) => Assert.Equal(p, SignFlip.P(differences), 12);

    [Fact]
    public void ManySignsAreDrawn()
    {
        // 25 of one sign: none of 100,000 draws is as far.
        Assert.Equal(1 / 100_001.0, SignFlip.P([.. Enumerable.Repeat(1.0, 25)]), 12);
        // 12 against 12: every draw is.
        Assert.Equal(1, SignFlip.P([.. Enumerable.Range(0, 24).Select(i => i % 2 == 0 ? 1.0 : -1.0)]));
    }

    [Fact]
    public void HolmsStepsGoDown()
    {
        // 3 · 0.01, 2 · 0.03, then 1 · 0.04, which may not be less than the one before.
        Assert.Equal([0.03, 0.06, 0.06], Holm.Adjusted([0.01, 0.04, 0.03]).Select(p => Math.Round(p, 12)));
        Assert.Equal([1.0, 1.0], Holm.Adjusted([0.7, 0.6]));
        Assert.Empty(Holm.Adjusted([]));
    }

    [Theory]
    // t(0.95, 3) + t(0.8, 3) = 2.35336 + 0.97847; squared times 0.36: 3.997; with 3 it is t(…, 2): 2.91999 + 1.06066, squared times 0.36: 5.70.
    [InlineData(0.12, 0.2, 4)]
    // t(0.95, 35) + t(0.8, 35) = 1.68957 + 0.85201; squared times 5.5225: 35.67; with 35: 1.69092 + 0.85230, 35.72.
    [InlineData(0.47, 0.2, 36)]
    [InlineData(0, 0.2, 2)]
    public void SeedsAreThoseOfAPilotsDeviation(double deviation, double margin, int seeds) => Assert.Equal(seeds, SampleSize.Seeds(deviation, margin));

    [Fact]
    public void ADeviationThatNoNumberOfSeedsOvercomesGivesNone() => Assert.Null(SampleSize.Seeds(1000, 0.2));
}
