using MathNet.Numerics.Statistics;

namespace ResearchFreeze.Evaluation;

/// <summary>How near predicted prices are to paid ones.</summary>
/// <param name="Cells">Cells with a predicted price.</param>
/// <param name="Ratio">The median of paid / predicted, over cells that were predicted to cost something; NaN: there is none. Below 0 where more than half of the freezes helped.</param>
/// <param name="Rank">Spearman's rank correlation of the two, between −1 and 1; cells that are alike have the mean of their ranks. NaN: fewer than two cells, or all alike.</param>
public sealed record PriceAgreement(int Cells, double Ratio, double Rank)
{
    /// <summary>The agreement over some cells.</summary>
    public static PriceAgreement Of(IReadOnlyList<AtlasPrice> prices)
    {
        ArgumentNullException.ThrowIfNull(prices);
        double[] ratios = [.. prices.Where(price => price.Predicted > 0).Select(price => price.Cell.Price / price.Predicted)];
        double rank = prices.Count < 2 ? double.NaN : Correlation.Spearman(prices.Select(price => price.Predicted), prices.Select(price => price.Cell.Price));
        return new PriceAgreement(prices.Count, ratios.Length == 0 ? double.NaN : ratios.Median(), rank);
    }
}
