using System.Globalization;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Tests;

/// <summary>The tables of docs/cache.md and docs/rules.md about whole runs are those of the committed results.</summary>
public sealed class StudyTableTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(SourceFolder(), "..", ".."));

    [Fact]
    public void WhatACacheSavesOfARunIsWhatWasMeasured()
    {
        string page = Page("cache.md");
        Dictionary<string, string>[] runs = Rows("finetune/wordnet-pos-cached.csv");
        var differences = new List<double>();
        foreach (string seed in runs.Where(run => run["run"] == "together").Select(run => run["seed"]))
        {
            Dictionary<string, string> full = runs.Single(run => run["run"] == "never" && run["seed"] == seed), frozen = runs.Single(run => run["run"] == "together" && run["seed"] == seed);
            double Of(Dictionary<string, string> run, string column) => double.Parse(run[column], CultureInfo.InvariantCulture);
            Assert.InRange(Of(frozen, "trainSeconds") / Of(full, "trainSeconds"), 0, 0.36);
            differences.Add(100 * (Of(frozen, "testAccuracy") - Of(full, "testAccuracy")));
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"| {seed} | {Of(full, "trainSeconds"):F1} s | {Of(frozen, "trainSeconds"):F1} s | {Of(frozen, "trainSeconds") / Of(full, "trainSeconds"):F3} | {100 * Of(full, "testAccuracy"):F3} % | {100 * Of(frozen, "testAccuracy"):F3} % | {Of(frozen, "gflop") / Of(full, "gflop"):F3} |"), page, StringComparison.Ordinal);
        }
        var paired = ResearchFreeze.Evaluation.PairedDifference.Of(differences);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"The accuracy is {-paired.Mean:F2} ± {(paired.High - paired.Low) / 2:F2} points lower"), page, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatBudgetsAchieveIsWhatWasMeasured()
    {
        string page = Page("rules.md");
        foreach (IGrouping<(string Model, string Asked), Dictionary<string, string>> one in Rows("amd-epyc-zen5/budgets.csv").GroupBy(row => (row["model"], row["asked"])))
        {
            string Achieved(string measure) => one.Single(row => row["measure"] == measure)["achieved"];
            double asked = double.Parse(one.Key.Asked, CultureInfo.InvariantCulture);
            Assert.InRange(double.Parse(Achieved("flops"), CultureInfo.InvariantCulture), 0.95 * asked, 1.05 * asked);
            Assert.Contains($"| `{one.Key.Model.Replace(';', ',')}` | {one.Key.Asked}{(one.First()["cache"] == "off" ? "" : " with `--cache`")} | {Achieved("flops")} | {Achieved("seconds")} |", page, StringComparison.Ordinal);
        }
    }

    private static string Page(string name) => File.ReadAllText(Path.Combine(Root, "docs", name));

    private static Dictionary<string, string>[] Rows(string file)
    {
        string[][] lines = [.. File.ReadLines(Path.Combine(Root, "benchmarks", "results", file)).Select(line => line.Split(','))];
        return [.. lines.Skip(1).Select(cells => lines[0].Zip(cells).ToDictionary(pair => pair.First, pair => pair.Second))];
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
