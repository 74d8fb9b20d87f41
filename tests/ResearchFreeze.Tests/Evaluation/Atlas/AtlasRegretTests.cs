using ResearchFreeze.Evaluation;

namespace ResearchFreeze.Tests.Evaluation;

/// <summary>A table worked out by hand: two series of three steps.</summary>
public class AtlasRegretTests
{
    // Score, price, saved. The first unit could be frozen at its second step within 0.01 nats, the second at its third.
    private static readonly AtlasPoint[] First = [new(5, 0.03, 0.6), new(3, 0.01, 0.4), new(1, -0.001, 0.2)], Second = [new(2, 0.2, 0.5), new(2.5, 0.05, 0.3), new(0.5, 0.004, 0.1)];

    [Theory]
    // Oracle: 0.2 and nothing. Threshold 1: the first at its third step, 0.2; the second at its third, which is too dear: nothing. 0.5 would freeze the second alone, and 2 the second too early.
    [InlineData(0.003, 0.1, 0.1, 1, 1)]
    // Oracle: 0.4 and 0.1. Threshold 3: the first at its second step, 0.4, the second at its first: nothing; in sum 0.4. Threshold 1: 0.2 and 0.1.
    [InlineData(0.01, 0.25, 0.2, 3, 1)]
    // Oracle: 0.6 and 0.1; threshold 5: 0.6 and nothing.
    [InlineData(0.03, 0.35, 0.3, 5, 1)]
    // Everything may be paid: the first step of both.
    [InlineData(1, 0.55, 0.55, 5, 0)]
    // Nothing saves anything within it.
    [InlineData(-1, 0, 0, double.NegativeInfinity, 0)]
    public void ABudgetsRegretIsTheOraclesSavingLessThatOfTheBestThreshold(double budget, double oracle, double saved, double threshold, int overpaid)
    {
        var found = AtlasRegret.Of([First, Second], budget);
        Assert.Equal(oracle, found.Oracle, 12);
        Assert.Equal(saved, found.Saved, 12);
        Assert.Equal((threshold, overpaid), (found.Threshold, found.Overpaid));
        Assert.Equal(oracle - saved, found.Regret, 12);
    }

    [Fact]
    public void AScoreThatKnowsThePriceHasNoRegretAndOneWithoutAnOpinionAllOfIt()
    {
        foreach (double budget in (double[])[0.003, 0.01, 0.03, 0.1])
        {
            Assert.Equal(0, AtlasRegret.Of([Scored(First, point => point.Price), Scored(Second, point => point.Price)], budget).Regret, 12);
            var none = AtlasRegret.Of([Scored(First, _ => double.NaN), Scored(Second, _ => double.NaN)], budget);
            Assert.Equal((0, none.Oracle), (none.Saved, none.Regret));
        }
    }

    private static AtlasPoint[] Scored(AtlasPoint[] points, Func<AtlasPoint, double> score) => [.. points.Select(point => point with { Score = score(point) })];
}
