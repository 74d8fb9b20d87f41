using System.Globalization;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;

namespace ResearchFreeze.Tests.Evaluation;

/// <summary>The page's table is what the committed atlases give.</summary>
public class AtlasPageTests
{
    private const string Sum = ", sum", Stationary = ", stationary";

    [Theory]
    [InlineData("| score |", "cnn-1", "cnn-2", "cnn-3")]
    [InlineData("| score on `resnet:8` |", "resnet8-1")]
    public void TheTableOfThePageIsThatOfTheCommittedAtlases(string header, params string[] names)
    {
        (AtlasSet set, string[][] rows) = (Atlases(names), Table(header));
        // What is a price in nats is summed over a prefix too.
        string[] sums = [.. set.Prices.Select(column => $"`{column[AllScores.Price.Length..]}`{Sum}")];
        Assert.Equal(2, sums.Length);
        Assert.Equal([.. new[] { AtlasSet.Clock, "(oracle)" }.Concat(set.Criteria.Select(name => $"`{name}`")).Concat(sums).Order(StringComparer.Ordinal)], rows.Select(row => row[0]).Order(StringComparer.Ordinal));
        foreach (string[] row in rows)
        {
            IReadOnlyList<AtlasRegret> found = set.Regret(row[0] == "(oracle)" ? AtlasSet.Clock : row[0].Replace(Sum, "", StringComparison.Ordinal).Trim('`'), AtlasRegret.DefaultBudgets, row[0].EndsWith(Sum, StringComparison.Ordinal) ? AtlasCombine.Sum : AtlasCombine.Max);
            double[] expected = row[0] == "(oracle)" ? [.. found.Select(at => at.Oracle), 0] : [.. found.Select(at => at.Saved), found.Average(at => at.Regret)];
            Assert.Equal(expected.Select(part => Math.Round(100 * part, 6)), row.Skip(1).Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)), (one, other) => Math.Abs(one - other) <= 0.05001);
        }
    }

    [Theory]
    [InlineData("| predicted by |", "cnn-1", "cnn-2", "cnn-3")]
    [InlineData("| predicted on `resnet:8` by |", "resnet8-1")]
    public void TheAgreementOfPricesOnThePageIsThatOfTheCommittedAtlases(string header, params string[] names)
    {
        (AtlasSet set, string[][] rows) = (Atlases(names), Table(header));
        Assert.Equal(set.Prices.SelectMany(column => new[] { $"`{column[AllScores.Price.Length..]}`", $"`{column[AllScores.Price.Length..]}`{Stationary}" }), rows.Select(row => row[0]));
        foreach (string[] row in rows)
        {
            bool stationary = row[0].EndsWith(Stationary, StringComparison.Ordinal);
            AtlasPrice[] prices = [.. set.Priced($"{AllScores.Price}{row[0].Replace(Stationary, "", StringComparison.Ordinal).Trim('`')}").Where(price => !stationary || price.IsStationary)];
            var found = PriceAgreement.Of(prices);
            Assert.Equal([$"{found.Cells}", Text(found.Ratio), Text(found.Rank)], row.Skip(1));
        }

        static string Text(double value) => value.ToString("0.00;\u22120.00", CultureInfo.InvariantCulture);
    }

    private static AtlasSet Atlases(string[] names) => AtlasSet.Read([.. names.Select(name => Path.Combine(ReadmeTests.Root, "benchmarks", "results", "atlas", name))]);

    private static string[][] Table(string header) =>
        [.. File.ReadAllLines(Path.Combine(ReadmeTests.Root, "docs", "atlas.md")).SkipWhile(line => !line.StartsWith(header, StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.StartsWith('|')).Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))];
}
