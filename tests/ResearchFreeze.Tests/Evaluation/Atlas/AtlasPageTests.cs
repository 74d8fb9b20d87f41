using System.Globalization;
using ResearchFreeze.Evaluation;

namespace ResearchFreeze.Tests.Evaluation;

/// <summary>The page's table is what the committed atlases give.</summary>
public class AtlasPageTests
{
    [Fact]
    public void TheTableOfThePageIsThatOfTheCommittedAtlases()
    {
        string results = Path.Combine(ReadmeTests.Root, "benchmarks", "results", "atlas");
        var set = AtlasSet.Read([.. ((string[])["cnn-1", "cnn-2", "cnn-3"]).Select(name => Path.Combine(results, name))]);
        string[][] rows = [.. File.ReadAllLines(Path.Combine(ReadmeTests.Root, "docs", "atlas.md")).SkipWhile(line => line != "| score | 0.003 | 0.01 | 0.03 | regret |").Skip(2).TakeWhile(line => line.StartsWith('|')).Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))];
        Assert.Equal(new[] { AtlasSet.Clock, "(oracle)" }.Concat(set.Criteria.Select(name => $"`{name}`")).Order(StringComparer.Ordinal), rows.Select(row => row[0]).Order(StringComparer.Ordinal));
        foreach (string[] row in rows)
        {
            IReadOnlyList<AtlasRegret> found = set.Regret(row[0] == "(oracle)" ? AtlasSet.Clock : row[0].Trim('`'), AtlasRegret.DefaultBudgets);
            double[] expected = row[0] == "(oracle)" ? [.. found.Select(at => at.Oracle), 0] : [.. found.Select(at => at.Saved), found.Average(at => at.Regret)];
            Assert.Equal(expected.Select(part => Math.Round(100 * part, 6)), row.Skip(1).Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)), (one, other) => Math.Abs(one - other) <= 0.05001);
        }
    }
}
