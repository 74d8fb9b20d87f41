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
        string[] lines = Plain(result);
        Assert.StartsWith($"mlp:6,8,8,3 on {images.Root} (33 training, 3 validation, 9 test), policy static:1, cpu (", lines[0], StringComparison.Ordinal);
        Assert.Contains("step 0: freeze fc1 (rule): the first 1 of 3 units are frozen from the start", lines);
        Assert.Single(lines, line => line.StartsWith("epoch 1/2, loss ", StringComparison.Ordinal) && line.EndsWith(", frozen fc1", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("epoch 2/2, loss ", StringComparison.Ordinal));
        foreach (string says in new[] { "test accuracy", "seconds", "weight gradient", "input gradient", "controller", "peak memory", "10 in 2 epochs" })
            Assert.Contains(lines, line => line.Contains(says, StringComparison.Ordinal));
        Assert.Equal($"run folder: {run}", lines[^1]);
        Assert.Equal(5, Directory.GetFiles(run).Length);
        JsonElement summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "summary.json"))).RootElement;
        Assert.Equal((10, 1), (summary.GetProperty("steps").GetInt32(), summary.GetProperty("decisions").GetInt32()));
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
        Assert.Equal(5, Directory.GetFiles(run).Length);
    }

    [Fact]
    public void BenchPrintsTheIssuesJson()
    {
        FreezeRun result = FreezeRun.Of("bench", "--model", "mlp:12,10,10,10,10,5", "--batch", "4", "--threads", "1", "--steps", "3", "--device", "cpu", "--json");
        Assert.Equal((0, ""), (result.Code, result.Error));
        JsonElement bench = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal(["model", "batch", "threads", "device", "peakFlops", "bandwidth", "rows", "peakBytes"], bench.EnumerateObject().Select(property => property.Name));
        Assert.Equal(("mlp:12,10,10,10,10,5", 4, 1), (bench.GetProperty("model").GetString(), bench.GetProperty("batch").GetInt32(), bench.GetProperty("threads").GetInt32()));
        Assert.StartsWith("cpu", bench.GetProperty("device").GetString(), StringComparison.Ordinal);
        Assert.All(new[] { "peakFlops", "bandwidth", "peakBytes" }, name => Assert.True(bench.GetProperty(name).GetDouble() > 0));
        JsonElement[] rows = [.. bench.GetProperty("rows").EnumerateArray()];
        Assert.Equal([(0, 5), (2, 5), (4, 5)], rows.Select(row => (row.GetProperty("frozenUnits").GetInt32(), row.GetProperty("units").GetInt32())));
        foreach (JsonElement row in rows)
        {
            Assert.Equal(
                ["frozenUnits", "units", "stepMilliseconds", "forwardMilliseconds", "predictedMilliseconds", "flops", "bytes", "managedBytesPerStep"],
                row.EnumerateObject().Select(property => property.Name));
            Assert.All(new[] { "stepMilliseconds", "forwardMilliseconds", "predictedMilliseconds", "flops", "bytes" }, name => Assert.True(row.GetProperty(name).GetDouble() > 0));
        }
        Assert.True(rows[0].GetProperty("flops").GetInt64() > rows[1].GetProperty("flops").GetInt64());
        Assert.True(rows[1].GetProperty("flops").GetInt64() > rows[2].GetProperty("flops").GetInt64());
    }

    [Theory]
    [InlineData("mlp:5,3", 1)]   // one unit: none, half of one and all but one are the same
    [InlineData("mlp:5,4,3", 2)]
    public void BenchRunsEveryNumberOfUnitsOnce(string model, int rows)
    {
        FreezeRun result = FreezeRun.Of("bench", "--model", model, "--batch", "2", "--steps", "1", "--device", "reference", "--json");
        Assert.Equal(0, result.Code);
        Assert.Equal(rows, JsonDocument.Parse(result.Output).RootElement.GetProperty("rows").GetArrayLength());
    }

    [Fact]
    public void BenchPrintsAPlainTable()
    {
        FreezeRun result = FreezeRun.Of("bench", "--model", "mlp:12,10,10,5", "--batch", "4", "--steps", "2", "--device", "reference");
        Assert.Equal((0, ""), (result.Code, result.Error));
        string[] lines = Plain(result);
        Assert.Contains(lines, line => line.Contains("frozen", StringComparison.Ordinal) && line.Contains("managed bytes", StringComparison.Ordinal));
        Assert.All(new[] { "0/3", "1/3", "2/3" }, frozen => Assert.Single(lines, line => line.Contains(frozen, StringComparison.Ordinal)));
        Assert.Contains("GFLOP/s", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void DevicesSaysWhatThereIsAndWhatWouldBePicked()
    {
        FreezeRun result = FreezeRun.Of("devices");
        Assert.Equal((0, ""), (result.Code, result.Error));
        string[] lines = Plain(result);
        Assert.Single(lines, line => line.TrimStart().StartsWith("cpu", StringComparison.Ordinal));
        Assert.Single(lines, line => line.TrimStart().StartsWith("reference", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("auto picks ", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("SIMD level ", StringComparison.Ordinal) && line.EndsWith($"{Environment.ProcessorCount} threads", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--version")]
    [InlineData("train", "--help")]
    [InlineData("bench", "--help")]
    public void HelpIsNoError(params string[] args)
    {
        FreezeRun result = FreezeRun.Of(args);
        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.NotEqual("", result.Output);
        Assert.DoesNotContain('\u001b', result.Output);
    }

    /// <summary>The lines, without escapes and none broken in two: a broken one would begin in the middle.</summary>
    private static string[] Plain(FreezeRun result)
    {
        Assert.DoesNotContain('\u001b', result.Output);
        Assert.DoesNotContain('\r', result.Output);
        return [.. result.Output.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];
    }
}
