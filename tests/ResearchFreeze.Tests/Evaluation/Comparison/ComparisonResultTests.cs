using ResearchFreeze.Evaluation;
using ResearchFreeze.Plots;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Evaluation;

/// <summary>A comparison of ten seeds whose numbers are written down: what is worked out of them is worked out here by hand.</summary>
public sealed class ComparisonResultTests : IDisposable
{
    private const int Seeds = 10;
    private readonly TemporaryFolder folder = new();
    private readonly ComparisonResult result;

    public ComparisonResultTests()
    {
        var measured = new ShortRun(20, 0.01, 0.1, 0.2, 0.5, 50, 400, Units: 3, "accuracy", HigherIsBetter: true);
        ComparisonPlan plan = new ComparisonRequest(new RunSettings { Epochs = 8, Schedule = "cosine" }, ["adaptive", "prefix-patience"], [.. Enumerable.Range(0, Seeds).Select(seed => (ulong)seed)]) { ControlsOf = "adaptive" }.Plan(folder.Root, measured, new RunCatalogues());
        plan.Write(folder.Root);
        foreach (PlannedRun run in plan.All)
        {
            // What a seed adds, it adds to every run: differences do not have it.
            double noise = 0.01 * (run.Seed % 3);
            bool isLinear = run.Settings["--schedule"] == "linear";
            (long operations, double loss, double accuracy, double validation) = (run.Method, run.Fraction) switch
            {
                (_, 0.3) => (300, 0.60, 0.70, 1),
                (_, 0.45) => (450, 0.50, 0.75, 1),
                (_, 0.6) => (600, 0.40, 0.80, 1),
                (_, 0.8) => (800, 0.30, 0.85, 1),
                (_, 1) => (1000, 0.25, 0.90, 1),
                ("adaptive", _) => (700, 0.35, run.Seed % 2 == 0 ? 0.90 : 0.898, 1),
                ("static:1", _) => (705, 0.45, 0.70, 0.50),
                // Worse on test data: nobody looks there.
                ("static:2", _) => (600, 0.90, 0.60, 0.45),
                // Best, and too expensive.
                ("static:3", _) => (900, 0.20, 0.95, 0.10),
                _ => (500, 0.70, 0.65, 1.0),
            };
            HandWrittenComparison.Write(folder.Root, run, operations, loss + noise + (isLinear ? 0.05 : 0), accuracy, validation, run.Method == "prefix-patience" && run.Seed == 4 ? "step 3 is not finite" : null, run.Method == "adaptive" && run.Role == RunRole.Method && run.Seed < 4 ? 0.04 + (0.01 * run.Seed) : null);
        }
        result = ComparisonResult.Read(folder.Root);
    }

    public void Dispose() => folder.Dispose();

    /// <summary>A squared error is in no unit of which it is known how much matters: it has no margin, and is not called nats.</summary>
    [Fact]
    public void ALossThatIsNotInNatsHasNoMargin()
    {
        Assert.All(result.Pairs, pair => Assert.NotNull(pair.NonInferiority));
        string there = File.ReadAllText(Path.Combine(folder.Root, ComparisonPlan.File));
        Assert.Contains("\"lossInNats\": true", there, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder.Root, ComparisonPlan.File), there.Replace("\"lossInNats\": true", "\"lossInNats\": false", StringComparison.Ordinal));
        var squared = ComparisonResult.Read(folder.Root);
        Assert.All(squared.Pairs, pair => Assert.Equal(pair.Endpoint == "loss", pair.NonInferiority is null && pair.SeedsNeeded is null));
        Assert.Equal(result.Pairs.Select(pair => pair.Difference), squared.Pairs.Select(pair => pair.Difference));
        ComparisonReport.Write(squared, new RunCatalogues());
        string page = File.ReadAllText(Path.Combine(folder.Root, ComparisonReport.Page));
        Assert.DoesNotContain("nats)", page, StringComparison.Ordinal);
        Assert.Contains("below the margin (0.2 points).", page, StringComparison.Ordinal);
    }

    /// <summary>What is a control by itself is no less one where somebody has named it among the methods: it was not run twice, and left out of the pairs.</summary>
    [Fact]
    public void AControlThatIsComparedAsAMethodIsPairedToo()
    {
        using var other = new TemporaryFolder();
        var measured = new ShortRun(20, 0.01, 0.1, 0.2, 0.5, 50, 400, Units: 3, "accuracy", HigherIsBetter: true);
        ComparisonPlan plan = new ComparisonRequest(new RunSettings { Epochs = 8, Schedule = "cosine" }, ["adaptive", "head-only", "prefix-patience"], [3]) { ControlsOf = "adaptive" }.Plan(other.Root, measured, new RunCatalogues());
        plan.Write(other.Root);
        foreach (PlannedRun run in plan.All) HandWrittenComparison.Write(other.Root, run, 500, 0.5, 0.5, 0.5);
        string[] references = [.. ComparisonResult.Read(other.Root).Pairs.Where(pair => pair is { Method: "adaptive", Endpoint: "loss" }).Select(pair => pair.Reference)];
        Assert.Contains("head-only", references);
        Assert.DoesNotContain("prefix-patience", references);
    }

    [Fact]
    public void TheRatioIsReadOffTheBetterCurve()
    {
        EquivalentCompute compute = Of("adaptive").Compute!;
        // A loss of 0.35 lies half way between 0.40 at 600 and 0.30 at 800 operations: √(600 · 800).
        Assert.Equal((Seeds, Bound.Exact), (compute.Seeds, compute.Ratio.Bound));
        Assert.Equal(700 / Math.Sqrt(600 * 800), compute.Ratio.Value, 9);
        Assert.Equal(compute.Ratio.Value, compute.Low!.Value.Value, 9);
        Assert.Equal(1, result.Full.Compute!.Ratio.Value, 9);
        Assert.Equal(new BoundedNumber(500 / 300.0, Bound.Greater), Of("prefix-patience").Compute!.Ratio);
        Assert.Equal(0.7, Of("adaptive").Operations!.Mean, 12);
        // By accuracy: 0.899 on average lies at 0.98 of the way from 0.85 at 800 to 0.90 at 1000 operations.
        Assert.Equal(700 / (800 * Math.Pow(1.25, 0.98)), Of("adaptive").PrimaryCompute!.Ratio.Value, 9);
        Assert.Equal(1, result.Full.PrimaryCompute!.Ratio.Value, 9);
        Assert.DoesNotContain(result.Remarks, remark => remark.Contains("too long", StringComparison.Ordinal));
        // Seconds are operations / 100, of which one is evaluation.
        Assert.Equal(1 - (6 / 9.0), Of("adaptive").SavedSeconds!.Mean, 12);
    }

    /// <summary>Where the loss rises with the length, and accuracy does not, the ratio by the loss says how much too long the recipe is, and that is said.</summary>
    [Fact]
    public void ARecipeThatIsTooLongByItsLossIsSaid()
    {
        using var other = new TemporaryFolder();
        var measured = new ShortRun(20, 0.01, 0.1, 0.2, 0.5, 50, 400, Units: 3, "accuracy", HigherIsBetter: true);
        ComparisonPlan plan = new ComparisonRequest(new RunSettings { Epochs = 8, Schedule = "cosine" }, ["static:1"], [1, 2, 3]).Plan(other.Root, measured, new RunCatalogues());
        plan.Write(other.Root);
        foreach (PlannedRun run in plan.All)
        {
            double part = run.Fraction ?? 0.7;
            HandWrittenComparison.Write(other.Root, run, (long)(1000 * part), 0.3 + ((part - 0.6) * (part - 0.6)) + (run.Settings["--schedule"] == "linear" ? 0.001 : 0) + (part > 0.9 ? 0.001 * run.Seed : 0), 0.5 + (0.4 * part), 0.5);
        }
        var found = ComparisonResult.Read(other.Root);
        // 0.16 + 0.001, 0.002 and 0.003 more than at 0.6 of the steps: 0.162 ± 4.3027 · 0.001 / √3.
        Assert.Contains("By its loss full training goes on for too long: 'full 60 %, cosine' has 0.1620 less (0.1595 to 0.1645). Any run that learns less gains by that, and ECR by loss compares with it; ECR by accuracy says what freezing is worth beside it.", found.Remarks);
        Assert.Equal(1, found.Full.PrimaryCompute!.Ratio.Value, 9);
        Assert.True(found.Full.Compute!.Ratio.Value > 1.5);
    }

    [Fact]
    public void TheBestPrefixIsChosenOnValidationDataAmongThoseThatAreAsCheap()
    {
        Assert.Equal("static:2", result.BestPrefix!.Name);
        Assert.Equal(["adaptive", "prefix-patience", "static:2", "shuffled of adaptive", "adaptive, saving spent"], result.Methods.Select(method => method.Series.Name));
        Assert.Equal(-0.55, result.Pairs.Single(pair => (pair.Method, pair.Reference, pair.Endpoint) == ("adaptive", "static:2", "loss")).Difference.Mean, 12);
    }

    [Fact]
    public void PairsAreTestedAndAdjustedTogether()
    {
        ComparedPair loss = Pair("adaptive", "loss"), accuracy = Pair("adaptive", "accuracy");
        Assert.Equal((0.1, 0.0), (Math.Round(loss.Difference.Mean, 12), Math.Round(loss.Difference.Deviation, 9)));
        Assert.False(loss.NonInferiority!.IsShown);
        // Ten differences of one sign, in seven pairs: 2 / 1024, and seven times that.
        Assert.Equal((2 / 1024.0, 14 / 1024.0), (loss.P!.Value, Math.Round(loss.Adjusted!.Value, 12)));
        // In points: 0 and −0.2 by turns; mean −0.1, deviation √(10 · 0.01 / 9) = 0.105409; t(0.95, 9) = 1.833113: 0.1 + 1.833113 · 0.105409 / √10.
        Assert.Equal(-0.1, accuracy.Difference.Mean, 9);
        Assert.Equal(0.161104, accuracy.NonInferiority!.Bound, 5);
        Assert.True(accuracy.NonInferiority.IsShown);
        // (t(0.95, 3) + t(0.8, 3))² · 0.5270² = 11.10 · 0.2778 = 3.08.
        Assert.Equal(4, accuracy.SeedsNeeded);
    }

    [Fact]
    public void WhatFreezesWereExpectedToCostStandsBesideWhatTheyCost()
    {
        ComparedPrice price = Assert.Single(result.Prices);
        // Seeds 0 to 3: a loss of 0.35 beside 0.25.
        Assert.Equal(("adaptive", 4), (price.Method, price.Paid.Seeds));
        Assert.Equal(0.055, price.Expected, 1e-9);
        Assert.Equal(0.1, price.Paid.Mean, 1e-9);
        Assert.Equal(0.1 / 0.055, price.Ratio, 1e-6);
    }

    [Fact]
    public void AFailedRunIsSaidAndLeftOut()
    {
        ComparedPair pair = Pair("prefix-patience", "loss");
        Assert.Equal(Seeds - 1, pair.Difference.Seeds);
        // Nine are too few to be tested.
        Assert.Null(pair.P);
        Assert.Equal(["prefix-patience-s4 failed and is left out: step 3 is not finite."], result.Remarks);
        Assert.Contains("prefix-patience-s4,prefix-patience,method,cosine,,4,failed,", ComparisonTables.Runs(result), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatManyRunsShareIsSaidOnce()
    {
        foreach (PlannedRun run in result.Plan.All.Where(run => run.Method == "adaptive" || (run.Method == "prefix-patience" && run.Seed > 7)))
            HandWrittenComparison.Write(folder.Root, run with { Asked = new RunSettings { Epochs = 8, Schedule = "cosine", Policy = run.Method, Seed = run.Seed } }, 1, 1, 1, 1, run.Method == "adaptive" ? "step 1 is not finite" : "step 3 is not finite");
        Assert.Equal(
            ["adaptive-s0, adaptive-s1, adaptive-s2 and 7 more failed and are left out: step 1 is not finite.", "prefix-patience-s4, prefix-patience-s8 and prefix-patience-s9 failed and are left out: step 3 is not finite."],
            ComparisonResult.Read(folder.Root).Remarks);
    }

    /// <summary>One damaged file once stopped the report of all the other runs.</summary>
    [Theory]
    [InlineData("summary.json", "{", "'FOLDER/summary.json', line 1, is not a run's summary")]
    [InlineData("config.json", "{", "'FOLDER/config.json', line 1, is not a run's settings")]
    [InlineData("metrics.csv", "step", "'FOLDER/metrics.csv', line 1: expected the columns")]
    [InlineData("metrics.csv", null, "Could not find file 'FOLDER/metrics.csv'")]
    [InlineData("environment.json", "{", "'FOLDER/environment.json', line 1, is not a run's environment")]
    public void ADamagedRunIsNamedAndLeftOut(string file, string? content, string says)
    {
        PlannedRun damaged = result.Plan.All.Single(run => run.Name == "adaptive-s3");
        string at = ComparisonPlan.FolderOf(folder.Root, damaged);
        if (content is null) File.Delete(Path.Combine(at, file));
        else File.WriteAllText(Path.Combine(at, file), content);
        var found = ComparisonResult.Read(folder.Root);
        string remark = found.Remarks[0];
        Assert.StartsWith($"adaptive-s3 is left out: {says.Replace("FOLDER", at, StringComparison.Ordinal)}", remark, StringComparison.Ordinal);
        Assert.EndsWith(". Without its folder, 'freeze compare … --only-missing' makes it anew.", remark, StringComparison.Ordinal);
        ComparedMethod method = found.Methods.Single(each => each.Series.Name == "adaptive");
        Assert.Equal((Seeds - 1, false), (method.Series.Counted.Count, method.Series.Counted.Any(run => run.Plan.Seed == 3)));
        Assert.Equal(Seeds, found.Reference.Counted.Count);
        Assert.Contains(",damaged,", ComparisonTables.Runs(found).Split('\n').Single(line => line.StartsWith("adaptive-s3,", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void TheTableIsLatex()
    {
        string[] lines = ComparisonTables.Latex(result).Split('\n');
        Assert.Contains("method & seeds & operations & accuracy (points) & loss & ECR, accuracy & ECR, loss \\\\", lines);
        Assert.Matches(@"^adaptive & 10 & 70\.0\\,\\% & \$-0\.10\$ \$\[-0\.18, -0\.02\]\$ & \$0\.1000\$ \$\[0\.1000, 0\.1000\]\$ & \$0\.70\$ \$\[0\.70, 0\.7[01]\]\$ & \$1\.01\$ \$\[1\.01, 1\.01\]\$ \\\\$", lines.Single(line => line.StartsWith("adaptive &", StringComparison.Ordinal)));
        Assert.StartsWith("prefix-patience & 9 & 50.0\\,\\%", lines.Single(line => line.StartsWith("prefix-patience", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.EndsWith("& $> 1.67$ $[> 1.67, > 1.67]$ & $> 1.67$ $[> 1.67, > 1.67]$ \\\\", lines.Single(line => line.StartsWith("prefix-patience", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void TheFrontHasWhatNothingBeatsInBoth()
    {
        (double, double)[] points = [(3, 0.9), (1, 0.5), (2, 0.4), (2, 0.7), (3, 0.9), (4, 0.8)];
        Assert.Equal([1, 3, 0, 4], ParetoFront.Of(points, higherIsBetter: true));
        Assert.Equal([1, 2], ParetoFront.Of(points, higherIsBetter: false));
    }

    private ComparedMethod Of(string name) => result.Methods.Single(method => method.Series.Name == name);

    private ComparedPair Pair(string method, string endpoint) => result.Pairs.Single(pair => (pair.Method, pair.Reference, pair.Endpoint) == (method, "never", endpoint));
}
