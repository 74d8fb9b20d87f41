using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using ResearchFreeze.Autograd;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>Whatever became of a run's files, whoever reads them succeeds or says in one line what is wrong, before anything is written.</summary>
public sealed partial class DamagedFileFuzzTests(ITestOutputHelper output) : IDisposable
{
    private static readonly int Readings = TestDevices.IsLong ? 3000 : 1000, Trainings = TestDevices.IsLong ? 90 : 30;

    /// <summary>Lines of every kind, as a run of <c>mlp:6,5,4,3</c> with eighteen steps could have written them.</summary>
    private const string Log = """
        {"schema":3,"criterion":"weight-change","rule":"threshold","division":"block","checkEvery":2,"warmUpSteps":0,"rateDrop":5,"probeEvery":0,"mostFrozen":1,"mostAtOnce":2147483647,"units":["fc1","fc2","fc3"]}
        {"step":4,"check":[{"unit":0,"score":0.5},{"unit":1,"explanation":"e","probedGradient":0.1},{"unit":2,"frozen":true,"age":2,"score":0.2,"debt":2}]}
        {"step":4,"unit":0,"path":"fc1","action":"freeze","trigger":"rule","reason":"w","learningRate":0.3,"score":0.5,"observation":{"step":4,"steps":2,"integratedRate":0.6,"values":{"weight-distance":[0.021,null]}}}
        {"step":6,"check":[{"unit":1,"score":0.3}]}
        {"step":6,"unit":0,"path":"fc1","action":"thaw","trigger":"guard","reason":"w","learningRate":0.3}
        {"step":6,"unit":-1,"path":"(all)","action":"rollback","trigger":"guard","reason":"w","learningRate":0.3,"restoredStep":4}
        {"step":8,"unit":1,"path":"fc2","action":"adjust","trigger":"rule","reason":"w","learningRate":0.2,"rateScale":0.5,"updateMasks":[{"axis":"rows","trains":"1101"},null]}
        {"step":10,"unit":1,"path":"fc2","action":"freeze","trigger":"rule","reason":"w","learningRate":0.1,"stateAction":"drop"}
        {"step":10,"unit":2,"path":"fc3","action":"refuse","trigger":"rule","reason":"w","learningRate":0.1}
        {"step":10,"rates":[{"unit":0,"scale":0.25},{"unit":1,"scale":0.5}]}
        {"step":12,"unit":1,"path":"fc2","action":"thaw","trigger":"timer","reason":"w","learningRate":0.1}
        {"step":16,"unit":-1,"path":"(all)","action":"stop","trigger":"rule","reason":"w","learningRate":0.1}

        """;

    // What takes a value's place: other types, other sizes, words that a lax reader takes for others.
    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1", "2", "3", "99", "2147483648", "1e9", "1e999", "-0.5", "\"\"", "\"99\"", "\"freeze\"", "\"thaw\"", "\"freeze,thaw\"", "\"rollback\"", "\"fc1\"", "\"fc3\"", "\"(all)\"",
        "\"guard\"", "\"regression\"", "\"drop\"", "\"\\ud800\"", "[]", "{}", "[null]", "[{}]", "{\"a\":1}", "[{\"axis\":\"rows\",\"trains\":\"01\"}]", "NaN", "",
    ];

    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder images = new();
    private readonly SortedDictionary<string, int> ends = new(StringComparer.Ordinal);

    private string Run => Path.Combine(folder.Root, "run");

    public void Dispose()
    {
        folder.Dispose();
        images.Dispose();
    }

    [Fact]
    public void NoDamagedFileEndsInAnythingButSuccessOrOneLine()
    {
        Train();
        var random = new RandomStream(TestDevices.Seed, "damage");
        string config = File.ReadAllText(Path.Combine(Run, "config.json")), summary = File.ReadAllText(Path.Combine(Run, "summary.json"));
        string data = File.ReadAllText(Path.Combine(Run, "data.json")), environment = File.ReadAllText(Path.Combine(Run, "environment.json"));
        string path = Path.Combine(folder.Root, "damaged.jsonl");
        for (int number = 0; number < Readings; number++)
        {
            string damaged = Damaged(Log, random);
            File.WriteAllText(path, damaged);
            Ends(FreezeRun.Of(number % 2 == 0 ? ["explain", path] : ["explain", path, "--step", $"{random.NextInt32(20)}"]), damaged, "explain");
            Reads(() => RunFolder.ReadConfig(Damaged(folder.Root, "config.json", config, random)));
            Reads(() => RunFolder.ReadSummary(Damaged(folder.Root, "summary.json", summary, random)));
            Reads(() => RunFolder.ReadData(Damaged(folder.Root, "data.json", data, random)).Normalisation ?? new object());
            Reads(() => RunFolder.ReadEnvironment(Damaged(folder.Root, "environment.json", environment, random)));
        }
        output.WriteLine(string.Join(", ", ends.Select(pair => $"{pair.Key}: {pair.Value}")));
        Assert.True(ends["explain 0"] > Readings / 50 && ends["explain 2"] > Readings / 2);
    }

    [Fact]
    public void NoDamagedRunIsReplayedOrOverwrittenIntoAnythingButSuccessOrOneLine()
    {
        Train();
        var random = new RandomStream(TestDevices.Seed, "damaged runs");
        string again = Path.Combine(folder.Root, "again");
        // Those that a replay or an overwriting run reads.
        Dictionary<string, string> files = new[] { "config.json", "summary.json", "metrics.csv", "decisions.jsonl" }.Select(name => Path.Combine(Run, name)).ToDictionary(file => file, File.ReadAllText);
        for (int number = 0; number < Trainings; number++)
        {
            (string file, string text) = files.ElementAt(random.NextInt32(files.Count));
            string damaged = Damaged(text, random);
            // Sizes stay small: what is asked for must be done in no time.
            if (file.EndsWith("config.json", StringComparison.Ordinal) && ManyDigits().IsMatch(damaged)) continue;
            File.WriteAllText(file, damaged);
            // What was recorded is read and repeated; and a new run takes the place of the one with the damage.
            FreezeRun run = FreezeRun.Of("train", "--replay", Run, "--out", again, "--device", "cpu", "--threads", "1", "--data", images.Root);
            Ends(run, damaged, "replay");
            if (run.Code == 2) Assert.False(Directory.Exists(again), damaged);
            if (Directory.Exists(again)) Directory.Delete(again, recursive: true);
            run = Trained("--overwrite");
            Ends(run, damaged, "overwrite");
            if (run.Code == 2) Assert.Equal(damaged, File.ReadAllText(file));
            foreach ((string whole, string content) in files) File.WriteAllText(whole, content);
        }
        output.WriteLine(string.Join(", ", ends.Select(pair => $"{pair.Key}: {pair.Value}")));
        Assert.True(ends["replay 0"] > Trainings / 10 && ends["replay 2"] > Trainings / 10 && ends["overwrite 2"] > Trainings / 10);
    }

    private void Train()
    {
        FreezeRun.Images(images);
        Assert.Equal(0, Trained().Code);
        File.WriteAllText(Path.Combine(Run, "decisions.jsonl"), Log);
    }

    private FreezeRun Trained(params string[] more) => FreezeRun.Of(
        ["train", "--data", images.Root, "--model", "mlp:6,5,4,3", "--policy", "never", "--epochs", "3", "--batch", "6", "--device", "cpu", "--threads", "1", "--out", Run, .. more]);

    private void Ends(FreezeRun run, string damaged, string what)
    {
        ends[$"{what} {run.Code}"] = ends.GetValueOrDefault($"{what} {run.Code}") + 1;
        int lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
        bool isFine = run.Code == 0 || (run.Code == 2 && lines == 1 && run.Error.StartsWith("error: ", StringComparison.Ordinal) && run.Output.Length == 0);
        Assert.True(isFine, $"seed {TestDevices.Seed}, {what}: exit code {run.Code}\n{run.Error}{run.Output}\n{damaged}");
    }

    private void Reads(Func<object> read)
    {
        try
        {
            read();
        }
        catch (FormatException exception)
        {
            Assert.DoesNotContain('\n', exception.Message);
            Assert.DoesNotContain("System.", exception.Message, StringComparison.Ordinal);
        }
    }

    private static string Damaged(string folder, string name, string text, RandomStream random)
    {
        File.WriteAllText(Path.Combine(folder, name), Damaged(text, random));
        return folder;
    }

    private static string Damaged(string text, RandomStream random)
    {
        string damaged = Once(text, random);
        return random.NextInt32(4) == 0 ? Once(damaged, random) : damaged;
    }

    private static string Once(string text, RandomStream random)
    {
        if (text.Length == 0) return text;
        int at = random.NextInt32(text.Length);
        switch (random.NextInt32(10))
        {
            case 0: return text[..at];
            case 1: return text.Remove(at, 1);
            case 2: return text.Insert(at, ((char)(32 + random.NextInt32(95))).ToString());
            case 3: return text.Insert(at, "\n");
            case 4: return Swapped(text, random);
            case 5:
                char digit = text[at];
                return char.IsAsciiDigit(digit) ? $"{text[..at]}{random.NextInt32(10).ToString(CultureInfo.InvariantCulture)}{text[(at + 1)..]}" : text;
            default: return Replaced(text, random);
        }
    }

    /// <summary>Another value behind a key, or in a list.</summary>
    private static string Replaced(string text, RandomStream random)
    {
        MatchCollection values = Value().Matches(text);
        if (values.Count == 0) return text;
        Group value = values[random.NextInt32(values.Count)].Groups[1];
        return $"{text[..value.Index]}{Values[random.NextInt32(Values.Length)]}{text[(value.Index + value.Length)..]}";
    }

    /// <summary>Two lines in each other's place.</summary>
    private static string Swapped(string text, RandomStream random)
    {
        string[] lines = text.Split('\n');
        int a = random.NextInt32(lines.Length), b = random.NextInt32(lines.Length);
        (lines[a], lines[b]) = (lines[b], lines[a]);
        return new StringBuilder().AppendJoin('\n', lines).ToString();
    }

    [GeneratedRegex("""[:,\[]\s*("(?:[^"\\]|\\.)*"|[-0-9.eE+]+|null|true|false)(?=\s*[,}\]])""")]
    private static partial Regex Value();

    [GeneratedRegex(@"\d{3}|\de\d")]
    private static partial Regex ManyDigits();
}
