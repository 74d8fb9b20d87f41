using MathNet.Numerics.Distributions;
using ResearchFreeze.Evaluation;

namespace ResearchFreeze.Tests.Evaluation;

/// <summary>Where there is nothing to find, nothing is found more often than it should be: 20 equal policies, whose runs differ by their seeds, are compared with one of them.</summary>
public sealed class NullModelTests
{
    private const int Policies = 20, Comparisons = 300;

    [Theory]
    [InlineData(5)]
    [InlineData(10)]
    [InlineData(25)]
    public void EqualPoliciesDifferOutsideOfTheirIntervalsAsOftenAsTheyShould(int seeds)
    {
        var random = new Random(seeds);
        var noise = new Normal(0, 0.3, random);
        int inside = 0, all = 0;
        for (int comparison = 0; comparison < Comparisons; comparison++)
        {
            double[][] runs = [.. Enumerable.Range(0, Policies + 1).Select(_ => noise.Samples().Take(seeds).ToArray())];
            for (int policy = 1; policy <= Policies; policy += seeds >= PairedDifference.BootstrapFrom ? Policies / 2 : 1)
            {
                var found = PairedDifference.Of(runs[policy], runs[0]);
                if (found.Low <= 0 && found.High >= 0) inside++;
                all++;
            }
        }
        // 95 %; those of one comparison share their reference, and a bootstrap of 25 is a little too narrow.
        Assert.InRange(inside / (double)all, seeds >= PairedDifference.BootstrapFrom ? 0.90 : 0.93, 0.97);
    }

    [Fact]
    public void OneOfTwentyTestsOfNothingIsRarelyFoundAfterHolmsAdjustment()
    {
        var noise = new Normal(0, 0.3, new Random(1));
        int families = 0, single = 0;
        for (int comparison = 0; comparison < Comparisons; comparison++)
        {
            double[] reference = [.. noise.Samples().Take(10)];
            double[] found = [.. Enumerable.Range(0, Policies).Select(_ => SignFlip.P([.. noise.Samples().Take(10).Zip(reference, (one, other) => one - other)]))];
            single += found.Count(p => p <= 0.05);
            if (Holm.Adjusted(found).Any(p => p <= 0.05)) families++;
        }
        Assert.InRange(single / (double)(Comparisons * Policies), 0.03, 0.065);
        Assert.InRange(families / (double)Comparisons, 0, 0.08);
    }

    [Fact]
    public void AMethodThatIsWorseByTheMarginIsRarelyShownToBeNoWorse()
    {
        var noise = new Normal(-0.2, 0.3, new Random(2));
        int shown = Enumerable.Range(0, 2000).Count(_ => NonInferiority.Of([.. noise.Samples().Take(6)], 0.2, true).IsShown);
        Assert.InRange(shown / 2000.0, 0.035, 0.065);
    }

    [Fact]
    public void TheNumberOfSeedsGivesThePowerThatItNames()
    {
        int seeds = SampleSize.Seeds(0.3, 0.2)!.Value;
        var noise = new Normal(0, 0.3, new Random(3));
        int shown = Enumerable.Range(0, 2000).Count(_ => NonInferiority.Of([.. noise.Samples().Take(seeds)], 0.2, true).IsShown);
        Assert.InRange(shown / 2000.0, 0.77, 0.86);
    }
}
