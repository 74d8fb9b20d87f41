using ResearchFreeze.Evaluation;
using ResearchFreeze.Tests.Plots;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Evaluation;

public sealed class PriceAgreementTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void APrefixCostsWhatItsUnitsCostTogetherAndDriftsAsTheOneThatDriftsMost()
    {
        var set = AtlasSet.Read(HandWrittenAtlas.Write(folder));
        Assert.Equal(["price.debt", "price.mine"], set.Prices);
        AtlasPrice[] prices = [.. set.Priced("price.debt")];
        Assert.Equal([(4, 0), (4, 1), (8, 0), (8, 1)], prices.Select(price => (price.Cell.Step, price.Cell.Unit)));
        Assert.Equal([0.01, 0.03, 0.004, 0.006], prices.Select(price => Math.Round(price.Predicted, 12)));
        Assert.Equal([(0.1, true), (0.5, false), (-0.1, true), (0.1, true)], prices.Select(price => (price.Drift, price.IsStationary)));
        // Of b nothing is known, and so nothing of both.
        Assert.Equal([0.005, 0.001], set.Priced("price.mine").Select(price => price.Predicted));
        Assert.Contains("has no column 'price.yours'", Assert.Throws<ArgumentException>(() => set.Priced("price.yours")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AgreementIsTheMedianRatioAndTheCorrelationOfRanks()
    {
        // Ratios 2, 0.5, −1; the last is predicted to cost nothing and has none.
        AtlasPrice[] prices = [Price(0.01, 0.02), Price(0.04, 0.02), Price(0.002, -0.002), Price(0, 0.001)];
        var found = PriceAgreement.Of(prices);
        // Ranks as predicted 3 4 2 1; as paid 3.5 3.5 1 2: Σd² = 0.25 + 0.25 + 1 + 1, and by Pearson's formula on ranks 3.5 / √(5 · 4.5).
        Assert.Equal((4, 0.5), (found.Cells, found.Ratio));
        Assert.Equal(3.5 / Math.Sqrt(5 * 4.5), found.Rank, 12);
        Assert.Equal((0, double.NaN, double.NaN), Parts(PriceAgreement.Of([])));
        Assert.Equal((1, 2.0, double.NaN), Parts(PriceAgreement.Of(prices[..1])));

        static (int, double, double) Parts(PriceAgreement agreement) => (agreement.Cells, agreement.Ratio, agreement.Rank);
    }

    [Fact]
    public void WhereDriftIsNotKnownNothingIsStationary() => Assert.False((Price(1, 1) with { Drift = double.NaN }).IsStationary);

    private static AtlasPrice Price(double predicted, double paid) => new(new AtlasRow("full", 1, AtlasPlan.Each, 0, "a", 4, 16, paid, 0, 0, 0, 0, 0, 1, 2), predicted, 0);
}
