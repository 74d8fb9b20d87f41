using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace ResearchFreeze.Tests;

/// <summary>The figures of docs/reproduction.md are those of the committed runs, and what is claimed to be exact is.</summary>
public sealed class ReproductionTests
{
    private const string Cost = "cost", Oracle = "oracle", Never = "never";
    private static readonly string Root = Path.GetFullPath(Path.Combine(SourceFolder(), "..", ".."));
    private static readonly string Page = File.ReadAllText(Path.Combine(Root, "docs", "reproduction.md"));
    private static readonly Run[] Runs = [.. File.ReadLines(Results("runs.csv")).Skip(1).Select(Run.Of)];
    private static readonly Change[] Changes = [.. File.ReadLines(Results("changes.csv")).Skip(1).Select(Change.Of)];

    [Fact]
    public void AFrozenPrefixCostsWhatTheCostModelSaysToTheLastOperation()
    {
        long[] widths = [784, 512, 512, 512, 512, 512, 512, 512, 10];
        foreach ((int prefix, Run run) in Runs.Where(run => run.Claim == Cost).Index())
        {
            Assert.Equal($"static:{prefix}", run.Name);
            // Two operations a multiply-add, batches of 128, 20 steps.
            long[] layer = [.. widths.Zip(widths.Skip(1), (inputs, outputs) => 2 * 128 * 20 * inputs * outputs)];
            (long weights, long inputs) = (layer.Skip(prefix).Sum(), layer.Skip(prefix + 1).Sum());
            Assert.Equal((weights, inputs, layer.Sum()), ((long)run["weightGradient"], (long)run["inputGradient"], (long)run["forward"]));
            Has($"| {prefix} | {weights / 1e9:F2} | {run["weightGradient"] / 1e9:F2} | {inputs / 1e9:F2} | {run["inputGradient"] / 1e9:F2} | {100 * Saved(run):F1} % |");
        }
    }

    [Fact]
    public void FreezeOutSavesWhatItsFormulaSays()
    {
        const int Layers = 20, Steps = 200, Width = 784, Classes = 10;
        foreach (double start in (double[])[0.8, 0.5])
        {
            Run run = Of(Oracle, string.Create(CultureInfo.InvariantCulture, $"freezeout:{start:F1}")).Single();
            double End(double u) => Math.Pow(start + ((1 - start) * u), 3);
            int[] frozen = [.. Changes.Where(change => change.Name == run.Name && change.Action == "freeze").Select(change => change.Step)];
            // The first step after which more than t_i of the run is over.
            Assert.Equal(Enumerable.Range(0, Layers).Select(i => (int)Math.Floor(Steps * End(i / (double)Layers)) + 1), frozen);
            double Unit(int i) => i < Layers ? Width * Width : Width * Classes;
            double whole = Enumerable.Range(0, Layers + 1).Sum(i => Unit(i) * (i == 0 ? 2 : 3));
            // Of a frozen unit the gradient of its weights, and that of the next one's input.
            double Left(Func<int, double> after) => Enumerable.Range(0, Layers).Sum(i => (1 - after(i)) * (Unit(i) + Unit(i + 1))) / whole;
            // 79 steps are an epoch of 10,000 images, the last of 16 images instead of 128.
            double Images(int steps) => (128 * steps) - (112 * (steps / 79));
            Assert.Equal(Left(i => Images(frozen[i]) / Images(Steps)), Saved(run), 12);
            double published = 2.0 / 3 * Enumerable.Range(0, Layers).Average(i => 1 - End(i / (Layers - 1.0)));
            Has($"| {start:F1} | {100 * published:F1} % | {100 * Left(i => End(i / (double)Layers)):F1} % | {100 * Saved(run):F1} % |");
        }
    }

    [Fact]
    public void TimetablesAreThePublishedOnes()
    {
        Change[] depth = [.. Changes.Where(change => change.Claim == "depth")];
        int[] counts = [.. Enumerable.Range(1, 7).Select(epoch => depth.Count(change => change.Step <= 79 * epoch))];
        Assert.Equal(Enumerable.Range(1, 7).Select(epoch => (int)Math.Ceiling(12 * (1 - Math.Pow(2.0 / 3, epoch)))), counts);
        Has($"{string.Join(", ", counts)}");

        Change[] ulmfit = Timetable("ulmfit"), fastai = Timetable("fastai"), phases = Timetable("finetuning-scheduler");
        Assert.Equal(["79 fc3", "158 fc2", "237 fc1"], ulmfit.Where(change => change.Action == "thaw").Select(change => $"{change.Step} {change.Unit}"));
        Assert.All(ulmfit.Where(change => change.Action == "thaw"), change => Assert.Equal(Math.Pow(2.6, change.Unit[^1] - '4'), change.Scale, 6));
        Assert.Equal(["79 fc1", "79 fc2", "79 fc3"], fastai.Where(change => change.Action == "thaw").Select(change => $"{change.Step} {change.Unit}"));
        Assert.Equal([0.5 / 100, 0.5], fastai.Where(change => change is { Step: 79, Unit: "fc1" or "fc4" }).Select(change => Math.Round(change.Scale, 6)));
        int[][] thawed = [.. phases.Where(change => change.Action == "thaw").GroupBy(change => change.Step).Select(phase => (int[])[phase.Key, phase.Count()])];
        Assert.All(thawed, phase => Assert.Equal(2, phase[1]));
        Has($"after the steps {thawed[0][0]}, {thawed[1][0]} and {thawed[2][0]}");
    }

    [Theory]
    [InlineData("resnet")]
    [InlineData("cnn")]
    [InlineData("finetune")]
    public void TheTablesAreTheMeansOfTheCommittedRuns(string claim)
    {
        Run[] full = Of(claim, Never);
        foreach (IGrouping<string, Run> runs in Runs.Where(run => run.Claim == claim).GroupBy(run => run.Name))
        {
            Assert.InRange(runs.Count(), 2, full.Length);
            string points = (100 * (Mean(runs, "testAccuracy") - Mean(full, "testAccuracy"))).ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture);
            string row = string.Create(CultureInfo.InvariantCulture, $"| `{runs.Key.Replace(';', ',')}` | {100 * Mean(runs, "testAccuracy"):F2} % | {points} | {100 * (1 - (Mean(runs, "total") / Mean(full, "total"))):F1} % |");
            if (claim == "cnn") row += string.Create(CultureInfo.InvariantCulture, $" {100 * (1 - (Mean(runs, "optimizerBytes") / Mean(runs, "fullOptimizerBytes"))):F1} % |");
            if (claim == "finetune") row += string.Create(CultureInfo.InvariantCulture, $" {Mean(runs, "optimizerPeak") / Mean(full, "optimizerPeak"):F2} |");
            Assert.Contains(row, Page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void WhatABudgetComesToIsWhatWasCounted()
    {
        foreach ((string policy, double budget) in ((string, double)[])[("greentrainer:rho=0.4", 0.4), ("greentrainer:rho=0.5", 0.5), ("greentrainer:rho=0.7", 0.7), ("elastictrainer:rho=0.533;epochs=1", 0.533), ("greentrainer:rho=0.5 blocks", 0.5)])
        {
            // Of four epochs the first trains all.
            double spent = Of("finetune", policy).Average(run => (((run["forward"] + run["inputGradient"] + run["weightGradient"]) / run["fullTotal"]) - 0.25) / 0.75);
            // A plan is made for a full batch; the last one of an epoch is shorter.
            Assert.InRange(spent, 0.7 * budget, 1.001 * budget);
            Has($"| `{policy.Replace(';', ',')}` | {budget:0.0##} | {spent:F3} |");
        }
    }

    [Theory]
    [InlineData("slimfit:frozen=0.75")]
    [InlineData("slimfit:frozen=0.9")]
    [InlineData("slimfit:frozen=0.95")]
    public void WhatIsKeptFallsAsThePageSays(string policy)
    {
        Run[] runs = Of("finetune", policy), full = Of("finetune", Never);
        Has($"| `{policy}` | {Mean(runs, "savedPeak") / Mean(full, "savedPeak"):F2} | {Mean(runs, "gradientPeak") / Mean(full, "gradientPeak"):F2} |");
    }

    [Fact]
    public void TheSummaryHasNoNumbersButThoseOfTheTables()
    {
        int begin = Page.IndexOf("## In short", StringComparison.Ordinal), end = Page.IndexOf("No claim that can be repeated", StringComparison.Ordinal);
        string tables = Page[end..].Replace("−", "", StringComparison.Ordinal);
        string[] numbers = [.. Page[begin..end].Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).SelectMany(line => Regex.Matches(line.Split(" | ")[2], @"\d+\.\d+").Select(match => match.Value))];
        Assert.InRange(numbers.Length, 15, 60);
        Assert.All(numbers, number => Assert.Matches($@"[ +]{Regex.Escape(number)} (%|\|)", tables));
    }

    private static Run[] Of(string claim, string name) => [.. Runs.Where(run => run.Claim == claim && run.Name == name)];

    private static Change[] Timetable(string name) => [.. Changes.Where(change => change.Claim == "schedules" && change.Name == name)];

    private static double Mean(IEnumerable<Run> runs, string column) => runs.Average(run => run[column]);

    private static double Saved(Run run) => 1 - (run["total"] / run["fullTotal"]);

    private static void Has(FormattableString text) => Assert.Contains(text.ToString(CultureInfo.InvariantCulture), Page, StringComparison.Ordinal);

    private static string Results(string file) => Path.Combine(Root, "benchmarks", "results", "reproduction", file);

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    private sealed record Run(string Claim, string Name, string[] Cells)
    {
        private static readonly string[] Columns = File.ReadLines(Results("runs.csv")).First().Split(',');

        public double this[string column] => double.Parse(Cells[Array.IndexOf(Columns, column)], CultureInfo.InvariantCulture);

        // The last cell, the command, has commas of its own.
        public static Run Of(string line) => line.Split(',', Columns.Length) is var cells ? new Run(cells[0], cells[1], cells) : throw new FormatException(line);
    }

    private sealed record Change(string Claim, string Name, int Step, string Unit, string Action, double Scale)
    {
        public static Change Of(string line) => line.Split(',') is var cells ? new Change(cells[0], cells[1], int.Parse(cells[3], CultureInfo.InvariantCulture), cells[4], cells[5], cells[6].Length == 0 ? double.NaN : double.Parse(cells[6], CultureInfo.InvariantCulture)) : throw new FormatException(line);
    }
}
