using System.Text.Json;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Cli;

public sealed class VerbTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder images = new();

    public VerbTests() => FreezeRun.Images(images);

    public void Dispose()
    {
        folder.Dispose();
        images.Dispose();
    }

    [Fact]
    public void TrainPrintsPlainLinesAndWritesARunFolder()
    {
        string run = Path.Combine(folder.Root, string.Join('-', Enumerable.Repeat("a-long-name", 15)), string.Join('-', Enumerable.Repeat("another", 25)), "run");
        FreezeRun result = FreezeRun.Of(
            "train", "--model", "mlp:6,8,8,3", "--data", images.Root, "--policy", "static:1", "--epochs", "2",
            "--batch", "8", "--device", "cpu", "--threads", "1", "--out", run);
        Assert.Equal((0, ""), (result.Code, result.Error));
        string[] lines = result.PlainLines();
        Assert.StartsWith($"mlp:6,8,8,3 on {images.Root}: 33 training, 3 validation, 9 test samples", lines[0], StringComparison.Ordinal);
        Assert.Equal("3 units (block), * never frozen: fc1, fc2, fc3*", lines[3]);
        Assert.Equal("2 epochs of 4 steps, batch 8, sgd:decay=0.002,clip=1, rate 0.1, cosine", lines[1]);
        Assert.StartsWith("policy static:1; cpu (", lines[2], StringComparison.Ordinal);
        Assert.Contains("step 0: freeze fc1 (rule): the first 1 of 3 units are frozen from the start", lines);
        Assert.Single(lines, line => line.StartsWith("epoch 1/2, loss ", StringComparison.Ordinal) && line.EndsWith(", frozen fc1", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("epoch 2/2, loss ", StringComparison.Ordinal));
        foreach (string says in new[] { "test accuracy", "seconds", "weight gradient", "input gradient", "controller", "peak memory", "8 in 2 epochs" })
            Assert.Contains(lines, line => line.Contains(says, StringComparison.Ordinal));
        Assert.Equal($"run folder: {run}", lines[^1]);
        Assert.Equal(8, Directory.GetFiles(run).Length);
        JsonElement summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "summary.json"))).RootElement;
        Assert.Equal((8, 1), (summary.GetProperty("steps").GetInt32(), summary.GetProperty("decisions").GetInt32()));
    }

    [Theory]
    [InlineData("block:head=fc1+fc3", "3 units (block), * never frozen: fc1*, fc2, fc3*", "step 0: freeze fc2 (rule)")]
    [InlineData("block:head=none", "3 units (block), no head: fc1, fc2, fc3", "step 0: freeze fc1 (rule)")]
    [InlineData("traced", "3 units (traced), * never frozen: fc1, fc2, fc3*", "step 0: freeze fc1 (rule)")]
    public void TheHeadIsFoundNamedOrNone(string units, string described, string frozen)
    {
        string run = Path.Combine(folder.Root, "run");
        FreezeRun result = FreezeRun.Of(
            "train", "--model", "mlp:6,8,8,3", "--data", images.Root, "--units", units, "--policy", "static:1", "--epochs", "1", "--batch", "8", "--device", "cpu", "--threads", "1", "--out", run);
        Assert.Equal((0, ""), (result.Code, result.Error));
        string[] lines = result.PlainLines();
        Assert.Equal(described, lines[3]);
        Assert.StartsWith(frozen, lines[4], StringComparison.Ordinal);
        Assert.Equal(units, JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "config.json"))).RootElement.GetProperty("units").GetString());
    }

    [Fact]
    public void ACriterionAndARuleRunAndAreWrittenDown()
    {
        string run = Path.Combine(folder.Root, "run");
        FreezeRun result = FreezeRun.Of(
            "train", "--model", "mlp:6,8,8,3", "--data", images.Root, "--criterion", "gradient-norm-level", "--rule", "rotation:units=1,every=4,order=ascending+prefix", "--control", "checks=10",
            "--epochs", "2", "--batch", "8", "--device", "cpu", "--threads", "1", "--out", run);
        Assert.Equal((0, ""), (result.Code, result.Error));
        string[] lines = result.PlainLines();
        Assert.Contains("policy gradient-norm-level rotation:units=1,every=4,order=ascending+prefix; cpu (", lines[2], StringComparison.Ordinal);
        // The first turn is the first unit's: the second would rest behind it, which the filter refuses. The next turn is the second's.
        Assert.Equal(["step 4: freeze fc1 (rule): the turn of others until step 8", "step 8: thaw fc1 (rule): its turn"], lines.Where(line => line.StartsWith("step ", StringComparison.Ordinal)).Distinct());
        JsonElement config = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "config.json"))).RootElement;
        Assert.Equal(JsonValueKind.Null, config.GetProperty("policy").ValueKind);
        Assert.Equal(
            ("gradient-norm-level", "rotation:units=1,every=4,order=ascending+prefix", "checks=10"),
            (config.GetProperty("criterion").GetString(), config.GetProperty("rule").GetString(), config.GetProperty("control").GetString()));
        JsonElement summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "summary.json"))).RootElement;
        Assert.Equal("gradient-norm-level rotation:units=1,every=4,order=ascending+prefix", summary.GetProperty("policy").GetString());
    }

    [Fact]
    public void MetricsAndAugmentationAreWrittenDown()
    {
        string run = Path.Combine(folder.Root, "run");
        string[] args =
        [
            "train", "--model", "mlp:6,8,2", "--data", $"idx:{images.Root},classes=2+0", "--policy", "never", "--epochs", "2", "--batch", "8", "--device", "cpu", "--threads", "1",
            "--augment", "shift:1+flip", "--out", run,
        ];
        FreezeRun result = FreezeRun.Of([.. args, "--metrics", "confusion,ece,macro-f1"]);
        Assert.Equal((0, ""), (result.Code, result.Error));
        string[] rows = File.ReadAllLines(Path.Combine(run, "metrics.csv"));
        Assert.Equal("step,epoch,learningRate,trainLoss,validationLoss,validationAccuracy,frozenUnits,seconds,validationEce,validationMacroF1", rows[0]);
        string[][] validated = [.. rows[1..].Select(row => row.Split(',')).Where(row => row[5].Length > 0)];
        Assert.Equal(2, validated.Length);
        Assert.All(validated, row => Assert.All(row[8..], value => Assert.InRange(double.Parse(value, System.Globalization.CultureInfo.InvariantCulture), 0, 1)));
        JsonElement summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "summary.json"))).RootElement, test = summary.GetProperty("test");
        Assert.Equal(["loss", "accuracy", "ece", "macro-f1"], test.EnumerateObject().Select(property => property.Name));
        Assert.Equal(summary.GetProperty("testAccuracy").GetDouble(), test.GetProperty("accuracy").GetDouble());
        string[][] confusion = [.. File.ReadAllLines(Path.Combine(run, "test-confusion.csv")).Select(line => line.Split(','))];
        Assert.Equal(["confusion", "0", "1"], confusion[0]);
        Assert.Equal(["0", "1"], confusion[1..].Select(row => row[0]));
        int[][] counts = [.. confusion[1..].Select(row => row[1..].Select(int.Parse).ToArray())];
        Assert.All(counts, row => Assert.Equal(3, row.Sum()));   // three test images a class
        Assert.Equal(test.GetProperty("accuracy").GetDouble(), (counts[0][0] + counts[1][1]) / 6.0, 1e-12);
        Assert.Contains(result.PlainLines(), line => line.Contains("test macro-f1", StringComparison.Ordinal));
        JsonElement config = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "config.json"))).RootElement;
        Assert.Equal(("shift:1+flip", "confusion,ece,macro-f1"), (config.GetProperty("augment").GetString(), config.GetProperty("metrics").GetString()));

        // A run without leaves no table of the run before, and its columns are the usual ones.
        Assert.Equal(0, FreezeRun.Of([.. args, "--overwrite"]).Code);
        Assert.Equal(8, Directory.GetFiles(run).Length);
        Assert.EndsWith("frozenUnits,seconds", File.ReadAllLines(Path.Combine(run, "metrics.csv"))[0], StringComparison.Ordinal);
    }

    [Fact]
    public void ACsvFileIsTrainedOn()
    {
        string run = Path.Combine(folder.Root, "run");
        string rows = string.Join('\n', Enumerable.Range(0, 60).Select(i => $"{i % 2 * 100},{(i % 2 == 0 ? "cold" : "hot")},{i % 7}"));
        string path = images.Write("weather.csv", System.Text.Encoding.UTF8.GetBytes($"temperature,kind,day\n{rows}\n"));
        FreezeRun result = FreezeRun.Of(
            "train", "--model", "mlp:2,8,2", "--data", $"csv:{path},label=kind", "--policy", "never", "--epochs", "20", "--batch", "8", "--device", "cpu", "--threads", "1",
            "--metrics", "confusion", "--out", run);
        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.Contains("42 training, 6 validation, 12 test samples", result.Output, StringComparison.Ordinal);
        string[] confusion = File.ReadAllLines(Path.Combine(run, "test-confusion.csv"));
        Assert.Equal("confusion,cold,hot", confusion[0]);
        Assert.Matches(@"^cold,\d+,0$", confusion[1]);   // 100 degrees apart: nothing to confuse
        Assert.Matches(@"^hot,0,\d+$", confusion[2]);
    }

    [Fact]
    public void OnlyImagesAreAugmented()
    {
        string path = images.Write("vectors.csv", System.Text.Encoding.UTF8.GetBytes("a,label\n1,0\n2,1\n3,0\n4,1\n"));
        FreezeRun result = FreezeRun.Of("train", "--model", "mlp:1,2", "--data", $"csv:{path}", "--augment", "flip", "--device", "cpu", "--out", Path.Combine(folder.Root, "run"));
        Assert.Equal((2, $"error: Augmentation: needs images (height, width, channels), found a sample of shape (1).{Environment.NewLine}"), (result.Code, result.Error));
    }

    [Fact]
    public void TrainingThatFailsSaysSoKeepsItsFolderAndExitsWith1()
    {
        string run = Path.Combine(folder.Root, "run");
        FreezeRun result = FreezeRun.Of(
            "train", "--model", "mlp:6,8,3", "--data", images.Root, "--policy", "never", "--epochs", "100",
            "--lr", "1e15", "--schedule", "constant", "--device", "cpu", "--threads", "1", "--out", run);
        Assert.Equal(1, result.Code);
        string line = Assert.Single(result.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.Matches(@"^error: step \d+: .+ is not finite; training stopped with the weights before that step\.$", line);
        Assert.Equal(8, Directory.GetFiles(run).Length);
    }

    [Fact]
    public void DevicesSaysWhatThereIsAndWhatWouldBePicked()
    {
        FreezeRun result = FreezeRun.Of("devices");
        Assert.Equal((0, ""), (result.Code, result.Error));
        string[] lines = result.PlainLines();
        Assert.Single(lines, line => line.TrimStart(' ', '*').StartsWith("cpu ", StringComparison.Ordinal));
        Assert.Single(lines, line => line.TrimStart(' ', '*').StartsWith("reference ", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("* auto picks ", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("SIMD level ", StringComparison.Ordinal) && line.EndsWith($"{Environment.ProcessorCount} threads", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--version")]
    [InlineData("train", "--help")]
    [InlineData("bench", "--help")]
    [InlineData("doctor", "--help")]
    public void HelpIsNoError(params string[] args)
    {
        FreezeRun result = FreezeRun.Of(args);
        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.NotEqual("", result.Output);
        Assert.DoesNotContain('\u001b', result.Output);
    }
}
