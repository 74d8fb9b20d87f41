using System.Text.Json;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>A user's program of ninety lines has every verb, with its own names in them.</summary>
public sealed class OwnProgramTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task ItTrainsWithItsOwnModelDataPolicyCriterionAndMetric()
    {
        SampleProcess run = await Run(
            "train", "--model", "own:width=24", "--data", "rings", "--policy", "calm", "--metrics", "loss,accuracy,worst-recall", "--epochs", "12", "--batch", "32", "--device", "cpu", "--threads", "1", "--out", "run");
        Assert.Equal((0, ""), (run.Code, run.Error));
        string[] lines = run.Output.Split('\n');
        Assert.StartsWith("own:width=24 on rings: 2100 training, 300 validation, 600 test samples", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.Contains("freeze spread (rule): finished at ", StringComparison.Ordinal));
        JsonElement summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.Root, "run", "summary.json"))).RootElement, test = summary.GetProperty("test");
        Assert.InRange(test.GetProperty("accuracy").GetDouble(), 0.9, 1);
        Assert.InRange(test.GetProperty("worst-recall").GetDouble(), 0.8, test.GetProperty("accuracy").GetDouble());
        Assert.EndsWith(",validationWorstRecall", File.ReadAllLines(Path.Combine(folder.Root, "run", "metrics.csv"))[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ItsCriterionRunsUnderABuiltInRule()
    {
        SampleProcess run = await Run(
            "train", "--model", "own", "--data", "rings", "--policy", "prefix-patience:criterion=smoothed-change,threshold=0.8", "--epochs", "12", "--batch", "32", "--device", "cpu", "--threads", "1", "--out", "run");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("freeze spread (rule): finished at ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ItsRuleFreezesWhatWasLowestThreeTimes()
    {
        string[] settings = ["--model", "own", "--data", "rings", "--criterion", "smoothed-change", "--rule", "lowest-first:limit=0.8", "--epochs", "12", "--batch", "32", "--device", "cpu", "--threads", "1"];
        SampleProcess run = await Run(["train", .. settings, "--out", "run"]);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("(rule): lowest at 3 checks: ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ItTimesItsOwnModel()
    {
        SampleProcess run = await Run("bench", "--model", "own", "--batch", "8", "--steps", "2", "--device", "cpu", "--threads", "1", "--json");
        Assert.Equal((0, ""), (run.Code, run.Error));
        JsonElement[] rows = [.. JsonDocument.Parse(run.Output).RootElement.GetProperty("rows").EnumerateArray()];
        Assert.Equal([(0, 3), (1, 3), (2, 3)], rows.Select(row => (row.GetProperty("frozenUnits").GetInt32(), row.GetProperty("units").GetInt32())));
        // A frozen prefix of the model costs its forward products alone: 2·32·8 of them fewer for the first weight gradient.
        Assert.True(rows[0].GetProperty("flops").GetInt64() - rows[1].GetProperty("flops").GetInt64() >= 2 * 2 * 32 * 8);
    }

    [Theory]
    [InlineData("models", "own:width=32", "resnet:depth")]
    [InlineData("data", "rings", "fashion-mnist-small")]
    [InlineData("rules", "lowest-first:times=3,limit=0.5", "static:")]
    [InlineData("policies", "calm", "adaptive:")]
    [InlineData("metrics", "worst-recall", "confusion")]
    [InlineData("criteria", "smoothed-change:keep=0.5", "drift:checks=3")]
    public async Task ItsNamesAreListedBesideTheBuiltInOnes(string kind, params string[] names)
    {
        SampleProcess run = await Run("list", kind);
        Assert.Equal((0, ""), (run.Code, run.Error));
        string text = string.Join(' ', run.Output.Split((char[])['\n', ' '], StringSplitOptions.RemoveEmptyEntries));
        Assert.All(names, name => Assert.Contains(name, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AnUnknownNameIsOneLineThatListsThem()
    {
        SampleProcess run = await Run("train", "--model", "owm", "--out", "run");
        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.Equal($"error: Model 'owm' is unknown; known are bert, cnn, gpt, mlp, own, resnet, resnet18, resnet34, resnet50, transformer, vit.{Environment.NewLine}", run.Error);
        run = await Run("train", "--model", "own:depth=3", "--out", "run");
        Assert.Equal((2, $"error: 'own:depth=3': 'depth' is unknown; known are width.{Environment.NewLine}"), (run.Code, run.Error));
        Assert.False(Directory.Exists(Path.Combine(folder.Root, "run")));
    }

    private Task<SampleProcess> Run(params string[] args) => SampleProcess.Run("OwnProgram", folder.Root, args);
}
