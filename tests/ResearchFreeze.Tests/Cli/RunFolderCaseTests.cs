using System.Text.Json;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>Whose folder a run writes into.</summary>
public sealed class RunFolderCaseTests : IDisposable
{
    private static readonly string[] Small = ["--model", "mlp:6,4,3", "--policy", "never", "--epochs", "1", "--batch", "8", "--device", "cpu", "--threads", "1"];
    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder images = new();

    public RunFolderCaseTests() => FreezeRun.Images(images);

    private string Run => Path.Combine(folder.Root, "run");

    public void Dispose()
    {
        folder.Dispose();
        images.Dispose();
    }

    [Fact]
    public async Task Case23_RunsThatAreStartedAtOnceWithoutAFolderHaveOneEach()
    {
        int[] seeds = [1, 2, 3, 4];
        SampleProcess[] runs = await Task.WhenAll(seeds.Select(seed => SampleProcess.Run("freeze", folder.Root, ["train", "--data", images.Root, .. Small, "--seed", $"{seed}"])));
        Assert.All(runs, run => Assert.Equal((0, ""), (run.Code, run.Error)));
        string[] folders = [.. runs.Select(run => run.Output.TrimEnd().Split('\n')[^1]["run folder: ".Length..])];
        Assert.Equal(4, folders.Distinct().Count());
        for (int i = 0; i < seeds.Length; i++)
        {
            string path = Path.Combine(folder.Root, folders[i]);
            Assert.Equal((ulong)seeds[i], RunFolder.ReadConfig(path).Seed);
            Assert.Equal((ulong)seeds[i], RunFolder.ReadSummary(path).Seed);
            Assert.Equal(8, Directory.GetFiles(path).Length);
        }
    }

    [Fact]
    public void Case23_OfManyThatTakeOneNameEachGetsAFolder()
    {
        const int Runs = 24;
        var folders = new string[Runs];
        Parallel.For(0, Runs, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            using RunLog log = RunLog.New(Run, SmallRun.Settings with { Seed = (ulong)i });
            folders[i] = log.Folder;
        });
        Assert.Equal(Runs, folders.Distinct().Count());
        Assert.Contains(Run, folders);
        for (int i = 0; i < Runs; i++) Assert.Equal((ulong)i, RunFolder.ReadConfig(folders[i]).Seed);
    }

    [Fact]
    public void Case23_OfSeveralThatTakeOneFolderOneGetsIt()
    {
        int taken = 0;
        Parallel.For(0, 8, i =>
        {
            try
            {
                new RunLog(Run, settings: SmallRun.Settings with { Seed = (ulong)i }).Dispose();
                Interlocked.Increment(ref taken);
            }
            catch (IOException)
            {
            }
        });
        Assert.Equal(1, taken);
    }

    [Fact]
    public void Case24_AFinishedRunStaysUnlessItIsToBeOverwritten()
    {
        Assert.Equal(0, Train("--out", Run, "--metrics", "confusion").Code);
        File.WriteAllText(Path.Combine(Run, "notes.txt"), "mine");
        File.WriteAllText(Path.Combine(Run, "test-set.csv"), "mine");
        Dictionary<string, string> before = Contents(Run);
        Refused(Train("--out", Run), "has files of a run already (summary.json, last.safetensors, best.safetensors, metrics.csv, decisions.jsonl, environment.json, data.json, config.json, test-confusion.csv); give another folder, or --overwrite");
        Refused(Train("--out", $"{Run}/../run/"), "has files of a run already");
        // What is wrong with the new run is found before the old one is touched.
        Refused(Train("--out", Run, "--overwrite", "--lr", "-1"), "learning rate");
        Refused(Train("--out", Run, "--overwrite", "--policy", "static:7"), "7 units to freeze");
        Assert.Equal(before, Contents(Run));
        Assert.Equal((0, ""), (Train("--out", Run, "--overwrite", "--seed", "9").Code, ""));
        Assert.Equal(9ul, RunFolder.ReadSummary(Run).Seed);
        Assert.Equal(
            ["best.safetensors", "config.json", "data.json", "decisions.jsonl", "environment.json", "last.safetensors", "metrics.csv", "notes.txt", "summary.json", "test-set.csv"],
            Directory.GetFileSystemEntries(Run).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.Equal(("mine", "mine"), (Contents(Run)["notes.txt"], Contents(Run)["test-set.csv"]));
    }

    [Theory]
    [InlineData("config.json", """{"optimizer": "mine"}""")]
    [InlineData("config.json", "")]
    [InlineData("metrics.csv", "time,value\n1,2\n")]
    [InlineData("decisions.jsonl", "{\"decision\":1}\n")]
    [InlineData("summary.json", "{}")]
    [InlineData("last.safetensors", "mine")]
    [InlineData("best.safetensors", "mine")]
    [InlineData("weights.safetensors", "mine")]
    [InlineData("environment.json", "{}")]
    [InlineData("data.json", "{}")]
    [InlineData("test-confusion.csv", "mine")]
    public void Case24_AUsersOwnFileIsNeverReplaced(string name, string text)
    {
        Directory.CreateDirectory(Run);
        File.WriteAllText(Path.Combine(Run, name), text);
        Refused(Train("--out", Run, "--metrics", "confusion"), $"has files of a run already ({name})");
        Refused(Train("--out", Run, "--metrics", "confusion", "--overwrite"), $"{name}' was not written by a run, so it is not overwritten");
        Assert.Equal(new Dictionary<string, string> { [name] = text }, Contents(Run));
    }

    [Theory]
    [InlineData("metrics.csv")]
    [InlineData("decisions.jsonl")]
    [InlineData("summary.json")]
    public void Case24_NorIsOneThatTookTheNameOfARunsFile(string name)
    {
        Assert.Equal(0, Train("--out", Run).Code);
        File.WriteAllText(Path.Combine(Run, name), "mine");
        Dictionary<string, string> before = Contents(Run);
        Refused(Train("--out", Run, "--overwrite"), $"{name}' was not written by a run");
        Assert.Equal(before, Contents(Run));
    }

    [Fact]
    public void Case24_AUsersTableIsNotReplacedByARunThatHadNone()
    {
        Assert.Equal(0, Train("--out", Run).Code);
        File.WriteAllText(Path.Combine(Run, "test-confusion.csv"), "mine");
        Dictionary<string, string> before = Contents(Run);
        Refused(Train("--out", Run, "--overwrite", "--metrics", "confusion"), "test-confusion.csv' was not written by a run");
        Assert.Equal(before, Contents(Run));
        Assert.Equal(0, Train("--out", Run, "--overwrite").Code);
        Assert.Equal("mine", Contents(Run)["test-confusion.csv"]);
    }

    [Fact]
    public void Case24_TheRunThatIsReplayedIsKnownUnderEveryName()
    {
        Assert.Equal(0, Train("--out", Run).Code);
        string link = Path.Combine(folder.Root, "link"), through = Path.Combine(folder.Root, "through");
        Directory.CreateSymbolicLink(link, Run);
        Directory.CreateSymbolicLink(through, folder.Root);
        Dictionary<string, string> before = Contents(Run);
        foreach (string name in new[] { Run, $"{Run}/", $"{Run}/../run", link, $"{link}/.", Path.Combine(through, "run"), Path.Combine(through, "link") })
        {
            Refused(FreezeRun.Of("train", "--replay", Run, "--out", name, "--overwrite"), "is the run that is replayed");
            Refused(FreezeRun.Of("train", "--replay", name, "--out", Run), "is the run that is replayed");
        }
        Assert.Equal(before, Contents(Run));
        // A link to a free folder is one.
        string free = Path.Combine(folder.Root, "free");
        Directory.CreateSymbolicLink(free, Directory.CreateDirectory(Path.Combine(folder.Root, "empty")).FullName);
        Assert.Equal(0, FreezeRun.Of("train", "--replay", Run, "--out", free).Code);
        Assert.Equal(8, Directory.GetFiles(free).Length);
    }

    [Fact]
    public void Case24_ARunThatWasKilledAtOnceLeavesAFolderThatCanBeOverwritten()
    {
        Assert.Equal(0, Train("--out", Run).Code);
        File.Delete(Path.Combine(Run, "summary.json"));
        File.Delete(Path.Combine(Run, "last.safetensors"));
        File.WriteAllText(Path.Combine(Run, "decisions.jsonl"), "");
        File.WriteAllText(Path.Combine(Run, "metrics.csv"), "");
        Refused(Train("--out", Run), "has files of a run already (best.safetensors, metrics.csv, decisions.jsonl, environment.json, data.json, config.json)");
        // What it had not finished writing is of no use, and what is not a run's stays.
        File.WriteAllText(Path.Combine(Run, "config.json.k4h2.partial"), "{");
        File.WriteAllText(Path.Combine(Run, "mine.partial"), "mine");
        Assert.Equal(0, Train("--out", Run, "--overwrite").Code);
        Assert.Equal(9, Directory.GetFiles(Run).Length);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(Run, "mine.partial")));
    }

    [Fact]
    public void Case24_ALogOfOnesOwnLoopTakesNoRunsFolder()
    {
        Assert.Equal(0, Train("--out", Run).Code);
        Dictionary<string, string> before = Contents(Run);
        Assert.Throws<IOException>(() => new RunLog(Run));
        Assert.Equal(before, Contents(Run));
        string own = Path.Combine(folder.Root, "own");
        new RunLog(own).Dispose();
        Assert.Throws<IOException>(() => new RunLog(own));
        new RunLog(own, overwrites: true).Dispose();
        Assert.Equal(["decisions.jsonl", "metrics.csv"], Contents(own).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void ATableThatASummaryClaimsOutsideTheFolderIsNotDeleted()
    {
        Assert.Equal(0, Train("--out", Run, "--metrics", "confusion").Code);
        string outside = folder.Write("test-outside.csv", [7]), summary = Path.Combine(Run, "summary.json");
        File.WriteAllText(summary, File.ReadAllText(summary).Replace("test-confusion.csv", "../test-outside.csv", StringComparison.Ordinal));
        Refused(Train("--out", Run, "--overwrite"), "summary.json' was not written by a run");
        Assert.True(File.Exists(outside));
    }

    [Fact]
    public void TheSummaryIsReadByWhatWroteIt()
    {
        Assert.Equal(0, Train("--out", Run, "--metrics", "confusion,ece").Code);
        RunSummary summary = RunFolder.ReadSummary(Run);
        JsonElement json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Run, "summary.json"))).RootElement;
        Assert.Equal(1, json.GetProperty("schema").GetInt32());
        Assert.Equal(["test-confusion.csv"], summary.Tables);
        Assert.Equal(json.GetProperty("test").GetProperty("ece").GetDouble(), summary.Test["ece"]);
        Assert.Equal(json.GetProperty("flops").GetProperty("total").GetInt64(), summary.Flops.Total);
    }

    private FreezeRun Train(params string[] args) => FreezeRun.Of(["train", "--data", images.Root, .. Small.Where((_, i) => !args.Contains(Small[i - (i % 2)])), .. args]);

    private static Dictionary<string, string> Contents(string path) => Directory.GetFiles(path).ToDictionary(file => Path.GetFileName(file), File.ReadAllText);

    private static void Refused(FreezeRun run, string says)
    {
        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.Contains(says, Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }
}
