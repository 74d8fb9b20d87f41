using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Parquet;
using Parquet.Schema;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Evaluation;

/// <summary>An atlas of a network of three units, with two prefixes and three steps, on 36 images.</summary>
public sealed class AtlasRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder images = new();

    public AtlasRunTests()
    {
        FreezeRun.Images(images);
        Assert.Equal(0, FreezeRun.Of("train", "--model", "mlp:6,8,6,3", "--data", images.Root, "--epochs", "4", "--batch", "8", "--device", "cpu", "--threads", "1", "--policy", "never", "--lr", "0.1", "--out", Full).Code);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Full => Path.Combine(folder.Root, "full");

    private string Atlas => Path.Combine(folder.Root, "atlas");

    public void Dispose()
    {
        folder.Dispose();
        images.Dispose();
    }

    [Fact]
    public async Task EveryCellIsAForkThatBeginsWithFullTrainingsCheckpointOfItsStep()
    {
        var said = new List<string>();
        AtlasPlan plan = await Made(Atlas, said.Add);
        Assert.Equal("fc1 fc2 fc3; 0 1; 4 8 12; 16", $"{string.Join(' ', plan.Units)}; {string.Join(' ', plan.Targets)}; {string.Join(' ', plan.At)}; {plan.Steps}");
        Assert.Equal(7, said.Count);
        // Full training with all statistics is full training.
        Assert.Null(AtlasFolder.Strays(Atlas, Full));
        foreach (AtlasCell cell in plan.Cells)
        {
            string at = AtlasFolder.FolderOf(Atlas, cell);
            Assert.Equal(cell.Fork.ToString(), RunFolder.ReadConfig(at).Fork);
            // The steps before it are not made again: its log is full training's before it, seconds and all.
            string[] own = File.ReadAllLines(Path.Combine(at, "metrics.csv")), full = File.ReadAllLines(Path.Combine(AtlasFolder.SourceOf(Atlas), "metrics.csv"));
            Assert.Equal(full.TakeWhile(line => !IsAfter(line, cell.Step - 1)), own.TakeWhile(line => !IsAfter(line, cell.Step - 1)));
            Assert.False(Directory.Exists(Path.Combine(at, "checkpoints")));
        }
        IReadOnlyList<AtlasRow> rows = AtlasTable.Read(Atlas);
        Assert.Equal(plan.Cells.Select(cell => (cell.Unit, cell.Step)), rows.Select(row => (row.Unit, row.Step)));
        Assert.Equal(rows, AtlasTable.Of(Atlas, plan));
        RunSummary whole = RunFolder.ReadSummary(Full);
        foreach (AtlasRow row in rows)
        {
            Assert.Equal(("full", whole.Test["loss"]!.Value, whole.Test["accuracy"]!.Value, (double)whole.FullTrainingFlops.Total), (row.Run, row.FullLoss, row.FullAccuracy, row.FullOperations));
            Assert.Equal(row.Loss - row.FullLoss, row.Price);
            Assert.True(row.Saved is > 0 and < 1, $"{row}");
        }
        // The later, the less is saved, and the more units, the more.
        foreach (IGrouping<int, AtlasRow> unit in rows.GroupBy(row => row.Unit)) Assert.Equal(unit.OrderBy(row => row.Step), unit.OrderByDescending(row => row.Saved));
        foreach (IGrouping<int, AtlasRow> step in rows.GroupBy(row => row.Step)) Assert.Equal(step.OrderBy(row => row.Unit), step.OrderBy(row => row.Saved));
        // The same fork by hand, from the start, comes to the same.
        AtlasRow some = rows[2];
        FreezeRun fork = FreezeRun.Of("fork", Full, "--step", $"{some.Step}", "--freeze-prefix", $"{some.Unit + 1}", "--out", Path.Combine(folder.Root, "alone"));
        Assert.Equal(0, fork.Code);
        Assert.Equal(some.Loss, RunFolder.ReadSummary(Path.Combine(folder.Root, "alone")).Test["loss"]);
        await SameInParquet(rows);
    }

    [Fact]
    public async Task StatisticsHaveEveryCriterionAndAreTheScoresOfARunUnderIt()
    {
        AtlasPlan plan = await Made(Atlas);
        IReadOnlyList<AtlasScore> scores = AtlasStatistics.Read(Atlas);
        Assert.Equal(AtlasStatistics.Of(Atlas, plan).Select(Line), scores.Select(Line));
        // Eight checks of all units.
        Assert.Equal([2, 4, 6, 8, 10, 12, 14, 16], scores.Select(score => score.Step).Distinct());
        var set = AtlasSet.Read(Atlas);
        foreach (string name in (string[])["drift", "gradient-norm-level", "weight-change", "effective-perturbation", "plasticity"]) Assert.Contains(name, set.Criteria);
        foreach (string name in (string[])["displacement.squares", "displacement.product", "interval.integratedRate", "interval.stepGain", "gradient-norm.squares"]) Assert.Contains(name, set.Columns);
        // Those that know one have a price, which is their score.
        Assert.Equal(["price.annealing-debt", "price.remaining-gain"], set.Prices);
        Assert.All(scores, score => Assert.Equal(score.Values["annealing-debt"], score.Values["price.annealing-debt"]));
        string alone = Path.Combine(folder.Root, "drift");
        Assert.Equal(0, FreezeRun.Of("train", "--model", "mlp:6,8,6,3", "--data", images.Root, "--epochs", "4", "--batch", "8", "--device", "cpu", "--threads", "1", "--criterion", "drift", "--rule", "never", "--control", "checks=8", "--lr", "0.1", "--out", alone).Code);
        foreach (ResearchFreeze.DynamicFreeze.RecordedCheck check in ResearchFreeze.DynamicFreeze.DecisionRecord.Read(Path.Combine(alone, "decisions.jsonl")).Checks)
        {
            for (int unit = 0; unit < 3; unit++)
            {
                double here = scores.Single(score => score.Step == check.Step && score.Unit == unit).Values.GetValueOrDefault("drift", double.NaN);
                Assert.Equal(check.Units[unit].Score, here);
            }
        }

        static string Line(AtlasScore score) => $"{score.Run} {score.Seed} {score.Unit} {score.Path} {score.Step} {score.Steps} {string.Join(' ', score.Values.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => FormattableString.Invariant($"{value.Key}={value.Value:R}")))}";
    }

    [Fact]
    public async Task OneThatIsKilledAgainAndAgainEndsInTheSameDataSet()
    {
        await Made(Atlas);
        string killed = Path.Combine(folder.Root, "killed");
        AtlasPlan plan = Plan();
        RunSettings source = Request().Source(Request().CheckedRun(), plan.At);
        for (int kill = 0; ; kill++)
        {
            AtlasFolder.Take(killed, plan, source, goesOn: kill > 0);
            int before = kill % 2;
            var runner = new AtlasRunner(plan, killed, (arguments, token) => kill < 6 && before-- == 0 ? throw new OperationCanceledException() : TinyComparison.InProcess(arguments, token), _ => { });
            if (kill == 6)
            {
                Assert.Equal(0, await runner.Run(1, Token));
                break;
            }
            await Assert.ThrowsAsync<OperationCanceledException>(() => runner.Run(1, Token));
        }
        foreach (string name in (string[])["atlas.json", "atlas.csv", "statistics.csv"]) Assert.Equal(File.ReadAllText(Path.Combine(Atlas, name)), File.ReadAllText(Path.Combine(killed, name)));
        Assert.Contains("has this atlas already", Assert.Throws<IOException>(() => AtlasFolder.Take(killed, plan, source, goesOn: false)).Message, StringComparison.Ordinal);
        Assert.Contains("has another atlas: steps '4 8 12', there '4 8'", Assert.Throws<IOException>(() => { (plan with { At = [4, 8] }).Write(killed); AtlasFolder.Take(killed, plan, source, goesOn: true); }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ValidateAndThePythonScorerGiveTheSameNumbers()
    {
        await Made(Atlas);
        string second = Path.Combine(folder.Root, "second");
        await Made(second, request: Request() with { Kind = AtlasPlan.Each });
        string script = Path.Combine(ReadmeTests.Root, "scripts", "atlas_score.py");
        foreach (string[] asked in (string[][])[[], ["--combine", "sum"], ["--criterion", "drift", "--criterion", "gradient-norm.squares", "--budgets=-0.01,0.002,0.5"]])
        {
            JsonNode own = JsonNode.Parse(FreezeRun.Of(["validate", "--atlas", Atlas, second, "--json", .. asked]).Output)!;
            Assert.Equal(4, own["series"]!.GetValue<int>());
            Dictionary<string, JsonNode> here = ByName(own);
            Assert.Contains(AtlasSet.Clock, here.Keys);
            string? output = await Python([script, Atlas, second, "--json", .. asked]);
            if (output is null) Assert.Skip("no python3 here: the scorer in Python was not run");
            Dictionary<string, JsonNode> there = ByName(JsonNode.Parse(output)!);
            Assert.Equal(here.Keys.Order(StringComparer.Ordinal), there.Keys.Order(StringComparer.Ordinal));
            foreach ((string name, JsonNode result) in here)
            {
                foreach ((JsonNode? one, JsonNode? other) in result["budgets"]!.AsArray().Zip(there[name]["budgets"]!.AsArray()))
                {
                    foreach (string number in (string[])["budget", "oracle", "saved", "threshold", "overpaid", "regret"])
                    {
                        double? expected = one![number]?.GetValue<double>(), found = other![number]?.GetValue<double>();
                        Assert.True(expected is null ? found is null : Math.Abs(expected.Value - found!.Value) <= 1e-12 * Math.Max(1, Math.Abs(expected.Value)), $"{name}, {number}: {expected} here, {found} in Python");
                    }
                }
            }
        }

        static Dictionary<string, JsonNode> ByName(JsonNode root) => root["results"]!.AsArray().ToDictionary(result => result!["criterion"]!.GetValue<string>(), result => result!, StringComparer.Ordinal);
    }

    [Fact]
    public async Task AScoreOfOnesOwnIsAFileOrAFunction()
    {
        await Made(Atlas);
        string script = Path.Combine(ReadmeTests.Root, "scripts", "atlas_score.py"), own = Path.Combine(folder.Root, "own.csv"), code = Path.Combine(folder.Root, "own.py");
        File.WriteAllLines(own, AtlasStatistics.Read(Atlas).Select(score => FormattableString.Invariant($"{score.Run},{score.Seed},{score.Unit},{score.Step},{score.Values["drift"]:R}")).Prepend("run,seed,unit,step,mine").Select(line => line.Replace("NaN", "", StringComparison.Ordinal)));
        File.WriteAllText(code, "import math\ndef mine(history):\n    value = history[-1]['drift']\n    return None if math.isnan(value) else value\n");
        string? drift = await Python([script, Atlas, "--criterion", "drift"]);
        if (drift is null) Assert.Skip("no python3 here: the scorer in Python was not run");
        string expected = Numbers(drift, "drift");
        Assert.Equal(expected, Numbers((await Python([script, Atlas, "--scores", own]))!, "mine"));
        Assert.Equal(expected, Numbers((await Python([script, Atlas, "--function", $"{code}:mine"]))!, "mine"));

        static string Numbers(string text, string name) => text.Split('\n').Single(line => line.StartsWith($"{name} ", StringComparison.Ordinal))[name.Length..].Trim();
    }

    /// <summary>An atlas that was named twice counted twice, and other mistakes were Python's stack traces.</summary>
    [Fact]
    public async Task ThePythonScorerRefusesInOneLineToo()
    {
        await Made(Atlas);
        string script = Path.Combine(ReadmeTests.Root, "scripts", "atlas_score.py"), nowhere = Path.Combine(folder.Root, "nowhere"), code = Path.Combine(folder.Root, "own.py");
        File.WriteAllText(code, "def mine(history):\n    return 0.0\n");
        foreach ((string expected, string[] asked) in ((string, string[])[])
        [
            ("is in another of the atlases too; each cell counts once.", [Atlas, Atlas]),
            ($"'{Path.Combine(nowhere, "atlas.csv")}' cannot be read: No such file or directory.", [nowhere]),
            ("--budgets must be numbers joined by ',', as 0.003,0.01,0.03, found 'x'.", [Atlas, "--budgets", "x"]),
            ("the atlas has no column 'drifts'.", [Atlas, "--criterion", "drifts"]),
            ($"'{code}' has no column 'run'.", [Atlas, "--scores", code]),
            ($"'{code}' has no function 'yours'.", [Atlas, "--function", $"{code}:yours"]),
            ("--function must be FILE:NAME, as mine.py:score, of a file that is there, found 'mine'.", [Atlas, "--function", "mine"]),
        ])
        {
            string? said = await Python([script, .. asked], code: 1);
            if (said is null) Assert.Skip("no python3 here: the scorer in Python was not run");
            Assert.Equal("error: ", said[..7]);
            Assert.EndsWith(expected, Assert.Single(said.Split('\n', StringSplitOptions.RemoveEmptyEntries)).TrimEnd(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task TheVerbsReadTheDataSetAlone()
    {
        await Made(Atlas);
        string moved = Path.Combine(folder.Root, "moved");
        Directory.CreateDirectory(moved);
        foreach (string name in (string[])["atlas.json", "atlas.csv", "statistics.csv"]) File.Copy(Path.Combine(Atlas, name), Path.Combine(moved, name));
        Assert.Contains(FreezeRun.Of("validate", "--atlas", moved).PlainLines(), line => line.StartsWith("2 series of 6 forks", StringComparison.Ordinal));
        FreezeRun plot = FreezeRun.Of("plot", moved);
        Assert.Equal(0, plot.Code);
        Assert.Equal(["atlas", "prices"], plot.PlainLines().Select(line => line[..line.IndexOf(':', StringComparison.Ordinal)]));
        Assert.Equal(["atlas.png", "prices.png"], Directory.GetFiles(Path.Combine(moved, "plots")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Contains("the folder is no atlas", FreezeRun.Of("plot", Full, "--picture", "atlas").Error, StringComparison.Ordinal);
        Assert.Contains($"'{Full}' is no atlas: there is no atlas.json; freeze atlas makes one.", FreezeRun.Of("validate", "--atlas", Full).Error, StringComparison.Ordinal);
        Assert.Contains("has no column 'drifts'", FreezeRun.Of("validate", "--atlas", moved, "--criterion", "drifts").Error, StringComparison.Ordinal);
        Assert.Contains("is in another of the atlases too", FreezeRun.Of("validate", "--atlas", moved, Atlas).Error, StringComparison.Ordinal);
        Assert.Contains("--seeds has no effect with --atlas", FreezeRun.Of("validate", "--atlas", moved, "--seeds", "3").Error, StringComparison.Ordinal);
        Assert.Contains("--budgets 1 needs a --atlas", FreezeRun.Of("validate", "--criterion", "drift", "--budgets", "1").Error, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(moved, "atlas.csv"), File.ReadAllText(Path.Combine(moved, "atlas.csv")).Replace(",prefixes,", ",prefixes,x", StringComparison.Ordinal));
        Assert.Contains("atlas.csv', line 2: 'unit' must be a whole number", FreezeRun.Of("validate", "--atlas", moved).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsWrongIsSaidBeforeAnythingIsWritten()
    {
        Says("--steps must be a number of steps, as 8, or the steps", "--steps", "x");
        Says("--steps must ascend, and be in [0, 15]", "--steps", "4,16");
        Says("20 steps are more than the run's 16 steps have checks for", "--steps", "20");
        Says("--warm-up must be in [0, 1), found 1", "--warm-up", "1");
        Says("--warm-up has no effect where --steps names the steps", "--steps", "4,8", "--warm-up", "0.2");
        Says("--units must be prefixes or each, found 'all'", "--units", "all");
        string frozen = Path.Combine(folder.Root, "frozen");
        Assert.Equal(0, FreezeRun.Of("train", "--model", "mlp:6,8,6,3", "--data", images.Root, "--epochs", "1", "--batch", "8", "--device", "cpu", "--policy", "static:1", "--out", frozen).Code);
        Assert.Contains($"'{frozen}' freezes 'fc1' at step 0: an atlas is made from full training", FreezeRun.Of("atlas", frozen).Error, StringComparison.Ordinal);
        Assert.Contains("6 forks of", FreezeRun.Of("atlas", Full, "--steps", "4,8,12", "--dry-run").PlainLines()[0], StringComparison.Ordinal);
        Assert.Equal([frozen, Full], Directory.GetDirectories(folder.Root).Order(StringComparer.Ordinal));

        void Says(string expected, params string[] arguments)
        {
            FreezeRun run = FreezeRun.Of(["atlas", Full, .. arguments]);
            Assert.Equal(2, run.Code);
            Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>Forks have their run's settings, its cache's file too, which one process has at a time.</summary>
    [Fact]
    public void ForksThatWouldShareACachesFileAreMadeOneByOne()
    {
        string run = Path.Combine(folder.Root, "cached"), cache = $"file={Path.Combine(folder.Root, "cache")},always";
        Assert.Equal(0, FreezeRun.Of("train", "--model", "mlp:6,8,6,3", "--data", images.Root, "--epochs", "1", "--batch", "8", "--device", "cpu", "--policy", "never", "--cache", cache, "--out", run).Code);
        FreezeRun many = FreezeRun.Of("atlas", run, "--steps", "2", "--jobs", "2"), one = FreezeRun.Of("atlas", run, "--steps", "2", "--jobs", "1", "--dry-run");
        Assert.Equal((2, $"error: --cache {cache} is a file, which one run has at a time, and --jobs 2 makes 2: expected --jobs 1, or a cache in memory.\n"), (many.Code, many.Error));
        Assert.Equal((0, ""), (one.Code, one.Error));
        Assert.False(Directory.Exists($"{run}-atlas"));
    }

    private static bool IsAfter(string line, int step) => int.TryParse(line.Split(',')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int at) && at > step;

    /// <summary>What a script writes, or its error where it should fail; null: there is no Python.</summary>
    private static async Task<string?> Python(string[] arguments, int code = 0)
    {
        var start = new ProcessStartInfo("python3", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync(Token);
            string output = await process.StandardOutput.ReadToEndAsync(Token);
            await process.WaitForExitAsync(Token);
            Assert.True(process.ExitCode == code, await error);
            return code == 0 ? output : await error;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private async Task SameInParquet(IReadOnlyList<AtlasRow> rows)
    {
        await using FileStream file = File.OpenRead(Path.Combine(Atlas, "atlas.parquet"));
        await using ParquetReader reader = await ParquetReader.CreateAsync(file, cancellationToken: Token);
        string[] header = File.ReadLines(Path.Combine(Atlas, "atlas.csv")).First().Split(',');
        Assert.Equal(header, reader.Schema.DataFields.Select(field => field.Name));
        DataField price = reader.Schema.DataFields.Single(field => field.Name == "price");
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(0);
        var found = new double[group.RowCount];
        await group.ReadAsync<double>(price, found, cancellationToken: Token);
        Assert.Equal(rows.Select(row => row.Price), found);
    }

    private AtlasRequest Request() => new(Full) { Steps = "4,8,12", Checks = 8 };

    private AtlasPlan Plan(AtlasRequest? request = null)
    {
        AtlasRequest asked = request ?? Request();
        using RunParts parts = RunParts.Resolve(asked.Source(asked.CheckedRun(), []), new RunCatalogues());
        return asked.Plan(parts);
    }

    private async Task<AtlasPlan> Made(string at, Action<string>? say = null, AtlasRequest? request = null)
    {
        AtlasPlan plan = Plan(request);
        AtlasFolder.Take(at, plan, (request ?? Request()).Source(Request().CheckedRun(), plan.At), goesOn: false);
        Assert.Equal(0, await new AtlasRunner(plan, at, TinyComparison.InProcess, say ?? (_ => { })).Run(1, Token));
        return plan;
    }
}
