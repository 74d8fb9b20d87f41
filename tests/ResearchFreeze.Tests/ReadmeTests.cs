using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests;

/// <summary>The README is true: its code is the sample's, its figures are those of the committed results, its commands work.</summary>
public sealed class ReadmeTests
{
    internal static readonly string Root = Path.GetFullPath(Path.Combine(SourceFolder(), "..", ".."));
    private static readonly string Readme = File.ReadAllText(Path.Combine(Root, "README.md"));

    [Fact]
    public void TheLoopIsTheSample()
    {
        string sample = File.ReadAllText(Path.Combine(Root, "samples", "HandWrittenLoop", "Program.cs"));
        Assert.Contains($"```csharp\n{sample}```", Readme, StringComparison.Ordinal);
    }

    [Fact]
    public void TheCriterionOfOnesOwnIsTheSamples()
    {
        string sample = File.ReadAllText(Path.Combine(Root, "samples", "OwnCriterion", "Program.cs")), page = File.ReadAllText(Path.Combine(Root, "docs", "own-criterion.md"));
        Assert.Contains($"```csharp\n{sample[sample.IndexOf("// Whether a gradient", StringComparison.Ordinal)..]}```", page, StringComparison.Ordinal);
    }

    [Fact]
    public void TheRuleOfOnesOwnIsTheSamples()
    {
        string sample = File.ReadAllText(Path.Combine(Root, "samples", "OwnProgram", "LowestFirst.cs")), page = File.ReadAllText(Path.Combine(Root, "docs", "rules.md"));
        string rule = sample[sample.IndexOf("// Freezes the unit", StringComparison.Ordinal)..];
        Assert.Contains($"```csharp\n{rule}```", page, StringComparison.Ordinal);
    }

    [Fact]
    public void TheBenchmarkOfOnesOwnModelIsTheSamples() =>
        Assert.Contains($"```csharp\n{File.ReadAllText(Path.Combine(Root, "samples", "OwnBenchmark", "Program.cs"))}```", File.ReadAllText(Path.Combine(Root, "docs", "benchmarks.md")), StringComparison.Ordinal);

    [Fact]
    public void TheCachesLoopIsTheSample() =>
        Assert.Contains($"```csharp\n{File.ReadAllText(Path.Combine(Root, "samples", "ForwardCache", "Program.cs"))}```", File.ReadAllText(Path.Combine(Root, "docs", "cache.md")), StringComparison.Ordinal);

    [Fact]
    public async Task TheCachesLoopReadsWhatItHasComputed()
    {
        string output = await RunSample("ForwardCache", _ => { });
        Assert.All(Regex.Matches(output, @"validation ([\d.]+) %"), match => Assert.InRange(double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), 60, 100));
        // The clock decides whether reading pays, and on a busy machine it may say no.
        Assert.Contains("cache: ", output, StringComparison.Ordinal);
        if (!output.Contains(" gives is kept: the frozen part up to 'flatten' takes", StringComparison.Ordinal)) return;
        int[] read = [.. Regex.Matches(output, @"(\d+) samples read, (\d+) computed").Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        // All but what a few timed batches left out, from the second epoch on.
        Assert.Equal(0, read[0]);
        Assert.InRange(read[^1], 39_000, 40_000);
    }

    [Fact]
    public void TheTutorialsCodeIsTheSamples()
    {
        string sample = File.ReadAllText(Path.Combine(Root, "samples", "Tutorial", "Program.cs")), page = File.ReadAllText(Path.Combine(Root, "docs", "tutorial.md"));
        string[] quoted = [.. Regex.Matches(page, "```csharp\n(.*?)```", RegexOptions.Singleline).Select(match => match.Groups[1].Value)];
        foreach (string code in quoted) Assert.Contains(code, sample, StringComparison.Ordinal);
        // In another order, but all of it.
        Assert.Equal(Lines([sample]), Lines(quoted));
        Assert.InRange(File.ReadAllLines(Path.Combine(Root, "samples", "Tutorial", "Program.cs")).Length, 60, 80);

        static string[] Lines(string[] texts) => [.. texts.SelectMany(text => text.Split('\n')).Where(line => line.Length > 0).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void ItIsShortAndEverythingItPointsToIsThere()
    {
        string[] lines = Readme.TrimEnd().Split('\n');
        Assert.InRange(lines.Length, 100, 150);
        Assert.DoesNotContain(lines, line => line.Length > 200);
        foreach (Match link in Regex.Matches(Readme, @"`(samples/\w+)`|\]\((docs[^)]*)\)|`((?:scripts|benchmarks)/[\w./-]+)`"))
        {
            string path = Path.Combine(Root, link.Groups.Values.Skip(1).Single(group => group.Success).Value);
            Assert.True(Directory.Exists(path) || File.Exists(path), path);
        }
    }

    [Fact]
    public async Task TheSampleRunsAndFreezes()
    {
        string output = await RunSample("HandWrittenLoop", folder =>
            Assert.Contains("\"action\":\"freeze\"", File.ReadAllText(Path.Combine(folder, "runs", "hand-written", "decisions.jsonl")), StringComparison.Ordinal));
        Assert.InRange(double.Parse(output.Split(' ', '\n')[0], CultureInfo.InvariantCulture), 80, 95);
        Assert.Contains("backward operations saved", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheCustomModuleTrainsAndFreezesByName()
    {
        string output = await RunSample("CustomModule", _ => { });
        Assert.Contains("6 parameters frozen", output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^norm +BatchNorm\(32, relu\) +64  frozen$", output);
        Assert.InRange(double.Parse(output.Split("test accuracy ")[1].Split(' ')[0], CultureInfo.InvariantCulture), 75, 95);
        // Half of the epochs train the head alone: a little less than half of the backward operations are left out.
        Assert.InRange(double.Parse(output.Split("backward operations saved ")[1].Split(' ')[0], CultureInfo.InvariantCulture), 45, 50);
    }

    [Fact]
    public async Task TheCustomOperationIsVerifiedAndTrains()
    {
        string output = await RunSample("CustomOperation", _ => { });
        // Central differences of the fourth order in float64: far below the 1e-6 that is allowed, and not nothing.
        Assert.InRange(double.Parse(output.Split("largest error of a gradient ")[1].Split('\n')[0], CultureInfo.InvariantCulture), 1e-14, 1e-8);
        Assert.InRange(double.Parse(output.Split("test accuracy ")[1].Split(' ')[0], CultureInfo.InvariantCulture), 70, 95);
    }

    [Fact]
    public async Task TheOwnCriterionFreezesAUnitAndSaysWhy()
    {
        string[] runs = (await RunSample("OwnCriterion", _ => { })).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, runs.Length);
        Assert.StartsWith("never: ", runs[0], StringComparison.Ordinal);
        Assert.StartsWith("prefix-patience: ", runs[1], StringComparison.Ordinal);
        Assert.DoesNotContain("freeze fc", runs[0], StringComparison.Ordinal);
        Assert.Contains("backward operations saved 0.0 %", runs[0], StringComparison.Ordinal);
        foreach (string run in runs) Assert.InRange(double.Parse(run.Split("test accuracy ")[1].Split(' ')[0], CultureInfo.InvariantCulture), 80, 90);
        Match decision = Regex.Match(runs[1], @"(?m)^step (\d+): freeze fc1 \(rule\): finished at 3 checks: its sign-consistency is low \(sign-consistency (\d\.\d+), limit 0\.75\)$");
        Assert.True(decision.Success, runs[1]);
        int step = int.Parse(decision.Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.InRange(double.Parse(decision.Groups[2].Value, CultureInfo.InvariantCulture), 0.3, 0.75);
        // Not at the first checks that may freeze, at steps 120 to 160, where the averages still remember the first steps.
        Assert.InRange(step, 180, 789);
        // From the freeze on, the first layer's weight gradients and the second's input gradients are left out: 20.07 and 3.28 of 27.15 GFLOP. Two units at most: the head is never frozen.
        double saved = double.Parse(runs[1].Split("backward operations saved ")[1].Split(' ')[0], CultureInfo.InvariantCulture), least = 100 * (20.07 + 3.28) / 27.15 * (1 - (step / 790.0));
        Assert.InRange(saved, least - 0.5, runs[1].Contains("freeze fc2", StringComparison.Ordinal) ? 100 : least + 0.5);
    }

    [Fact]
    public async Task TheTutorialFreezesTwoUnitsAndLeavesARunToLookAt()
    {
        string output = await RunSample("Tutorial", folder =>
        {
            IReadOnlyList<MetricRow> rows = RunFolder.ReadMetrics(Path.Combine(folder, "runs", "tutorial"));
            Assert.Equal(20, rows.Count);
            Assert.InRange(rows[^1].ValidationAccuracy!.Value, 0.8, 0.95);
            Assert.Equal(2, rows[^1].FrozenUnits);
            string told = Explanation.Of(DecisionRecord.Read(Path.Combine(folder, "runs", "tutorial", "decisions.jsonl")));
            Assert.Contains("frozen by the rule: finished at 3 checks: its weights have slowed down (slowing 0.", told, StringComparison.Ordinal);
            Assert.Contains("head: trained all the time.", told, StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine(folder, "runs", "tutorial.safetensors")));
        });
        Assert.InRange(Number(output, "test accuracy "), 80, 95);
        Assert.Matches(@"(?m)^step \d+: freeze stem \(rule\)[^\n]*\nstep \d+: freeze middle \(rule\)", output);
        Assert.InRange(Number(output, "backward operations saved "), 20, 50);
    }

    [Fact]
    public async Task TheTutorialTakesATableOfOnesOwn()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            // A label that two columns give.
            File.WriteAllLines(Path.Combine(folder, "mine.csv"), Enumerable.Range(0, 600).Select(i => $"{i % 20},{i / 20},{(i % 20 < 10 == i / 20 < 15 ? "same" : "other")}").Prepend("left,right,label"));
            SampleProcess run = await SampleProcess.Run("Tutorial", folder, ["mine.csv"]);
            Assert.Equal((0, ""), (run.Code, run.Error));
            Assert.InRange(Number(run.Output, "test accuracy "), 85, 100);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task TheAutoencoderIsFrozenThawedAndFrozenAgain()
    {
        string[] runs = (await RunSample("Autoencoder", _ => { })).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, runs.Length);
        Assert.All(runs, run => Assert.Contains("2 units (predicate), * never frozen: encoder, decoder*", run, StringComparison.Ordinal));
        Assert.Matches(@"freeze encoder \(rule\)[^\n]*\n[^\n]*thaw encoder \(rate-drop\)[^\n]*\n[^\n]*freeze encoder \(rule\)", runs[1]);
        // Inputs have variance 1; a frozen encoder costs a part of what is learnt.
        double full = Number(runs[0], "test reconstruction loss "), frozen = Number(runs[1], "test reconstruction loss ");
        Assert.InRange(full, 0.12, 0.18);
        Assert.InRange(frozen, full, full + 0.04);
        Assert.Equal(0, Number(runs[0], "backward operations saved "));
        Assert.InRange(Number(runs[1], "backward operations saved "), 10, 40);
    }

    [Fact]
    public async Task TheTwoTowersFindHalvesAndTheLockedOneCostsNothing()
    {
        string output = await RunSample("TwoTowers", _ => { });
        Assert.Contains("epoch 4: upper, lower trained", output, StringComparison.Ordinal);
        Assert.Contains("epoch 5: lower trained", output, StringComparison.Ordinal);
        // By chance it would be 1 %.
        Assert.InRange(Number(output, "test: right half found among 100: "), 70, 90);
        // In half of the epochs one of two equal towers has no backward pass: a quarter of it.
        Assert.InRange(Number(output, "backward operations saved "), 24.9, 25.1);
    }

    [Fact]
    public async Task TheLstmReadsImagesAndItsLastEpochTrainsTheHeadAlone()
    {
        string output = await RunSample("LstmClassifier", _ => { });
        Assert.InRange(Number(output, "test accuracy "), 79, 87);
        // A quarter of the backward pass, less what the head has of it.
        Assert.InRange(Number(output, "backward operations saved "), 24.7, 25);
    }

    [Fact]
    public async Task TheLoopThatWasStoppedHasTheWeightsOfTheOneLeftAlone()
    {
        string[] lines = (await RunSample("StoppedLoop", folder => Assert.Equal(2, Directory.GetFiles(folder, "*.safetensors").Length))).TrimEnd().Split('\n');
        Assert.Equal("the same weights, bit for bit", lines[^1]);
        // Something was frozen, some of it after the stop.
        Assert.StartsWith("alone: epochs 1 to 4, frozen fc1", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("stopped: epochs 1 to 2, frozen none", lines[1], StringComparison.Ordinal);
        Assert.Equal(lines[0].Replace("alone: epochs 1", "stopped: epochs 3", StringComparison.Ordinal), lines[2]);
    }

    [Fact]
    public async Task TheTransformerByHandFreezesItsFirstHalf()
    {
        string output = await RunSample("TransformerByHand", _ => { });
        Assert.InRange(Number(output, "test accuracy "), 78, 87);
        // Half of the run without the first of two equal blocks and what lies below it.
        Assert.InRange(Number(output, "backward operations saved "), 25, 26.5);
    }

    [Fact]
    public async Task TransferComparesFourWaysFromTheSameWeights()
    {
        string output = await RunSample("TransferLearning", _ => { });
        Assert.InRange(double.Parse(output.Split("test accuracy ")[1].Split(' ')[0], CultureInfo.InvariantCulture), 80, 95);
        Dictionary<string, (double Accuracy, double Saved)> ways = Regex.Matches(output, @"(?m)^(\w[\w ]*?) +(\d+\.\d+) % +\d+\.\d+ % +\d+\.\d+ % +(\d+\.\d+) % +\d+\.\d+$")
            .ToDictionary(way => way.Groups[1].Value, way => (Number(way.Groups[2]), Number(way.Groups[3])));
        Assert.Equal(["from scratch", "everything trains", "head only", "gradual", "adaptive"], ways.Keys);
        Assert.Equal(0, ways["from scratch"].Saved);
        Assert.Equal(0, ways["everything trains"].Saved);
        // All but the head's weight gradients, 2·64·5 of 1.2 million operations a sample.
        Assert.InRange(ways["head only"].Saved, 99.5, 99.99);
        // Known in advance: with one unit more in each quarter of the run, 0.64, 102, 654 and 1218 of 1218 thousand operations.
        Assert.InRange(ways["gradual"].Saved, 59.4, 59.6);
        Assert.InRange(ways["adaptive"].Saved, 1, 75);
        // Features of shirts and coats alone do not tell shoes and bags apart as well as features that adapt to them.
        Assert.InRange(ways["head only"].Accuracy, 65, ways["everything trains"].Accuracy - 3);
        foreach (string way in (string[])["everything trains", "gradual", "adaptive"]) Assert.InRange(ways[way].Accuracy, 82, 95);

        static double Number(Group group) => double.Parse(group.Value, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void TheFineTuningTableIsTheCommittedRuns()
    {
        string page = File.ReadAllText(Path.Combine(Root, "docs", "transformers.md"));
        string[][] rows = [.. File.ReadAllLines(Path.Combine(Root, "benchmarks", "results", "finetune", "wordnet-nouns.csv")).Skip(1).Select(line => line.Split(','))];
        double whole = Mean(rows.Where(row => row[0] == "never" && row[1] == "3"), 6);
        string[][][] groups = [.. rows.GroupBy(row => (row[0], row[1])).Select(group => group.ToArray())];
        Assert.InRange(groups.Length, 4, 10);
        foreach (string[][] runs in groups)
        {
            string expected = string.Create(CultureInfo.InvariantCulture, $" | {runs[0][1]} | {100 * Mean(runs, 3):F2} % | {100 * Mean(runs, 4):F2} % | {Mean(runs, 5):F3} | {100 * (1 - (Mean(runs, 6) / whole)):F1} % |");
            Assert.Contains(expected, page, StringComparison.Ordinal);
        }

        static double Mean(IEnumerable<string[]> runs, int column) => runs.Average(row => double.Parse(row[column], CultureInfo.InvariantCulture));
    }

    [Fact]
    public void TheSpeedsAreTheCommittedComparison()
    {
        string folder = Path.Combine(Root, "benchmarks", "results", "amd-epyc-zen5");
        JsonElement[] given = [.. Json("steps.json").GetProperty("steps").EnumerateArray()], kept = [.. Json("steps-kept.json").GetProperty("steps").EnumerateArray()];
        Assert.Equal(7, kept.Length);
        foreach (JsonElement step in kept)
        {
            double Number(string name) => step.GetProperty(name).GetDouble();
            string expected = string.Create(CultureInfo.InvariantCulture,
                $"| `{step.GetProperty("model").GetString()}` | {Number("batch")} | {Number("frozenUnits")} of {Number("units")} | {Number("oursMilliseconds"):F2} | {Number("torchSharpMilliseconds"):F2} | {Number("ratio"):F2} | {Number("must"):F2} | {Number("boundRatio"):F2} |");
            Assert.Contains(expected, Readme, StringComparison.Ordinal);
        }
        foreach (string file in (string[])["steps-transformer-kept.json", "steps-minilm-kept.json"])
        {
            foreach (JsonElement step in Json(file).GetProperty("steps").EnumerateArray())
            {
                double Number(string name) => step.GetProperty(name).GetDouble();
                string expected = string.Create(CultureInfo.InvariantCulture,
                    $"| `{step.GetProperty("model").GetString()}` | {Number("batch")} | {Number("frozenUnits")} of {Number("units")} | {Number("oursMilliseconds"):F2} | {Number("torchSharpMilliseconds"):F2} | {Number("ratio"):F2} | {Number("must"):F2} | {Number("boundRatio"):F2} |");
                Assert.Contains(expected, Readme, StringComparison.Ordinal);
            }
        }
        string other = string.Join(", ", given.Select(step => step.GetProperty("ratio").GetDouble().ToString("F2", CultureInfo.InvariantCulture)));
        Assert.Contains($"the ratios are then {other}.", Readme, StringComparison.Ordinal);
        Assert.InRange(Json("memory.json").GetProperty("memory")[0].GetProperty("ratio").GetDouble(), 0.3, 0.38);       // "a third"
        double largest = new[] { "mlp", "cnn", "resnet" }.Max(model => Json($"prefixes-{model}.json").GetProperty("rows").EnumerateArray().Max(row => Math.Abs(row.GetProperty("deviation").GetDouble())));
        Match claimed = Regex.Match(Readme, @"they differ by at\s+most (\d+) %");
        Assert.True(claimed.Success && largest <= int.Parse(claimed.Groups[1].Value, CultureInfo.InvariantCulture) / 100.0, $"{claimed.Value}: {largest:P1}");

        // The older processor's rows that are told of.
        (string Model, double Ratio)[] older = [.. Read(Path.Combine(Root, "benchmarks", "results", "amd-epyc-zen3", "steps.json")).GetProperty("steps").EnumerateArray().Select(step => (step.GetProperty("model").GetString()!, step.GetProperty("ratio").GetDouble()))];
        Assert.Equal(["0.74", "0.74"], older.Where(step => step.Model.Contains("512", StringComparison.Ordinal)).Select(step => step.Ratio.ToString("F2", CultureInfo.InvariantCulture)));
        double[] others = [.. older.Where(step => !step.Model.Contains("512", StringComparison.Ordinal)).Select(step => step.Ratio)];
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"The other five rows were {others.Min():F2} to {others.Max():F2} there"), Readme, StringComparison.Ordinal);

        JsonElement Json(string file) => Read(Path.Combine(folder, file));
        static JsonElement Read(string path) => JsonDocument.Parse(File.ReadAllText(path)).RootElement;
    }

    [Fact]
    public void TheStepsOnACardAreTheCommittedOnes()
    {
        string results = Path.Combine(Root, "benchmarks", "results"), page = File.ReadAllText(Path.Combine(Root, "docs", "devices.md"));
        string[] folders = [Path.Combine(results, "nvidia-h200"), Path.Combine(results, "nvidia-h100")];
        MatchCollection[] theirs = [.. folders.Select(folder =>
            Regex.Matches(File.ReadAllText(Path.Combine(folder, "torch.txt")), @"^(\S+)\s+(\d+) of\s+(\d+) frozen\s+([\d.]+) ms", RegexOptions.Multiline))];
        Assert.All(theirs, matches => Assert.Equal(6, matches.Count));
        for (int i = 0; i < 6; i++)
        {
            GroupCollection step = theirs[0][i].Groups;
            IEnumerable<string> figures = folders.SelectMany((folder, card) => new[] { Ours(folder, step[1].Value, Number(step[2])), Number(theirs[card][i].Groups[4]) }).Select(value => value.ToString("F2", CultureInfo.InvariantCulture));
            Assert.Contains($"| `{step[1].Value}` | {step[2].Value} of {step[3].Value} | {string.Join(" | ", figures)} |", page, StringComparison.Ordinal);
        }
        foreach (string folder in folders)
        {
            Match suite = Regex.Match(File.ReadAllText(Path.Combine(folder, "suite.txt")), @"Total: (\d+), Errors: 0, Failed: 0, Skipped: 0");
            Assert.True(suite.Success);
            Assert.Contains($"all {suite.Groups[1].Value} tests", page, StringComparison.Ordinal);
            Assert.True(JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "doctor.json"))).RootElement.GetProperty("good").GetBoolean());
        }
        foreach (IGrouping<string, string[]> runs in File.ReadLines(Path.Combine(folders[0], "fashion-mnist-small-cnn.csv")).Skip(2).Select(line => line.Split(',')).GroupBy(cells => cells[0]))
        {
            double mean = 100 * runs.Average(cells => double.Parse(cells[3], CultureInfo.InvariantCulture));
            Assert.Contains(mean.ToString("F2", CultureInfo.InvariantCulture) + " %", page, StringComparison.Ordinal);
        }

        static double Number(Group group) => double.Parse(group.Value, CultureInfo.InvariantCulture);

        static double Ours(string folder, string model, double frozen) =>
            JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, $"bench-{model.Split(':')[0]}.json"))).RootElement.GetProperty("rows").EnumerateArray()
                .Single(row => row.GetProperty("frozenUnits").GetInt32() == frozen).GetProperty("stepMilliseconds").GetDouble();
    }

    [Fact]
    public void TheSavingsOfAStepAreTheCommittedOnes()
    {
        string[] rows = [.. File.ReadAllText(Path.Combine(Root, "docs", "benchmarks.md")).Split('\n').Where(line => line.StartsWith("| cnn: ", StringComparison.Ordinal))];
        Assert.True(rows.Length >= 2, "the page shows no savings");
        string table = File.ReadAllText(Path.Combine(Root, "benchmarks", "results", "cpu", "freezing-savings.md"));
        Assert.All(rows, row => Assert.Contains(row + "\n", table, StringComparison.Ordinal));
    }

    [Fact]
    public void EveryPolicyThatIsNamedExists()
    {
        Assert.Contains("dotnet run -c Release --project src/Cli -- train\ndotnet test -c Release\n", Readme, StringComparison.Ordinal);
        var catalogues = new RunCatalogues();
        foreach (string policy in (string[])["never", "static:1", "prefix-patience", "adaptive"])
        {
            Assert.Contains($"`{policy.Replace(":1", "", StringComparison.Ordinal)}", Readme, StringComparison.Ordinal);
            Assert.NotNull(catalogues.Policies.Create(policy));
        }
    }

    /// <summary>Runs a sample in a folder of its own and gives what it printed.</summary>
    private static async Task<string> RunSample(string name, Action<string> check)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            SampleProcess run = await SampleProcess.Run(name, folder, []);
            Assert.Equal((0, ""), (run.Code, run.Error));
            check(folder);
            return run.Output;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The number behind the first place of a text.</summary>
    private static double Number(string output, string behind) => double.Parse(output.Split(behind)[1].Split(' ', '\n', ',')[0], CultureInfo.InvariantCulture);

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
