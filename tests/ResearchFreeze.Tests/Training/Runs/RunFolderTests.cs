using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

public sealed class RunFolderTests : IDisposable
{
    private static readonly string[] Work = ["forward", "inputGradient", "weightGradient", "optimizer", "controller", "probe", "cache"];
    private readonly TemporaryFolder folder = new();

    private string Run => Path.Combine(folder.Root, "deep", "run");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ARunFolderHasItsFilesAndNothingElse()
    {
        Train(SmallRun.Settings);
        Assert.Equal(
            ["best.safetensors", "config.json", "data.json", "decisions.jsonl", "environment.json", "last.safetensors", "metrics.csv", "summary.json"],
            Directory.GetFileSystemEntries(Run).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void TheConfigurationSaysWhatWasAskedFor()
    {
        RunSettings settings = SmallRun.Settings with { Seed = ulong.MaxValue, LearningRate = 0.0125f, Accumulate = 2 };
        Train(settings);
        JsonElement config = Json("config.json");
        Assert.Equal(
            ["schema", "model", "data", "policy", "criterion", "rule", "control", "epochs", "steps", "batch", "accumulate", "optimizer", "lr", "schedule", "ema", "seed", "device", "threads", "precision", "activations", "frozenWeights", "augment", "metrics", "units", "replay", "fork", "from", "fromLayout", "fromStrict", "reset", "task", "earlyStop", "checkpointEvery", "keepCheckpoints", "cache", "calibration", "shards", "synchronisedNorms", "log"],
            config.EnumerateObject().Select(property => property.Name));
        Assert.Equal(settings.Model, config.GetProperty("model").GetString());
        Assert.Equal(settings, RunFolder.ReadConfig(Run));
        Assert.Equal((ulong.MaxValue, 0.0125f, 2), (config.GetProperty("seed").GetUInt64(), config.GetProperty("lr").GetSingle(), config.GetProperty("accumulate").GetInt32()));
    }

    /// <summary>Settings that came later than a run have their defaults: it can be resumed, evaluated and forked as ever.</summary>
    [Fact]
    public void AConfigurationOfBeforeASettingIsRead()
    {
        Train(SmallRun.Settings);
        string path = Path.Combine(Run, "config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        foreach (string later in "precision activations frozenWeights ema fork from fromLayout fromStrict reset task earlyStop checkpointEvery keepCheckpoints cache calibration shards synchronisedNorms log".Split(' ')) Assert.True(config.Remove(later), later);
        File.WriteAllText(path, config.ToJsonString());
        Assert.Equal(SmallRun.Settings, RunFolder.ReadConfig(Run));
    }

    [Theory]
    [InlineData("never")]
    [InlineData("static:1")]
    [InlineData(SmallRun.Eager)]
    public void TheSummaryHasEveryFieldAndItsNumbersAgree(string policy)
    {
        RunResult result = Train(SmallRun.Settings with { Policy = policy });
        JsonElement summary = Json("summary.json");
        foreach (string field in "model data policy device".Split(' ')) Assert.Equal(JsonValueKind.String, summary.GetProperty(field).ValueKind);
        foreach (string field in "seed threads epochs steps testAccuracy bestValidationAccuracy testAccuracyAtBestValidation finalTrainLoss decisions weightBytes".Split(' '))
            Assert.Equal(JsonValueKind.Number, summary.GetProperty(field).ValueKind);
        Assert.Equal(
            (2, 12, result.Decisions.Count),
            (summary.GetProperty("epochs").GetInt32(), summary.GetProperty("steps").GetInt32(), summary.GetProperty("decisions").GetInt32()));
        Assert.Equal((result.TestAccuracy, result.FinalTrainLoss), (summary.GetProperty("testAccuracy").GetDouble(), summary.GetProperty("finalTrainLoss").GetDouble()));

        JsonElement done = summary.GetProperty("flops"), full = summary.GetProperty("fullTrainingFlops");
        foreach (JsonElement work in new[] { done, full })
        {
            Assert.Equal([.. Work, "total", "communication"], work.EnumerateObject().Select(property => property.Name));
            Assert.Equal(work.GetProperty("total").GetInt64(), Work.Append("communication").Sum(name => work.GetProperty(name).GetInt64()));
        }
        JsonElement saved = summary.GetProperty("saved");
        Assert.Equal(1 - (Backward(done) / Backward(full)), saved.GetProperty("backwardFlops").GetDouble(), 1e-12);
        Assert.Equal(1 - (done.GetProperty("total").GetDouble() / full.GetProperty("total").GetDouble()), saved.GetProperty("totalFlops").GetDouble(), 1e-12);
        Assert.Equal(policy != "never", saved.GetProperty("backwardFlops").GetDouble() > 0);
        Assert.Equal(full.GetProperty("forward").GetInt64(), done.GetProperty("forward").GetInt64());

        JsonElement seconds = summary.GetProperty("seconds");
        double parts = "forward backward optimizer controller data evaluation".Split(' ').Sum(name => seconds.GetProperty(name).GetDouble());
        Assert.InRange(parts, 0, seconds.GetProperty("total").GetDouble());
        Assert.All("activations gradients optimizer process".Split(' '), name => Assert.True(summary.GetProperty("peakBytes").GetProperty(name).GetInt64() > 0));
        Assert.False(summary.GetProperty("cancelled").GetBoolean());
        Assert.Equal(JsonValueKind.Null, summary.GetProperty("failure").ValueKind);
    }

    [Fact]
    public void Case31_ThePartsOfTheWorkAddUpToAllThatTheDeviceDid()
    {
        RunSettings settings = SmallRun.Settings with { Policy = $"{SmallRun.Eager},probe=1,criterion=taylor-importance" };
        using RunParts parts = SmallRun.Parts(settings);
        RunResult result = new Trainer(parts).Run(TestContext.Current.CancellationToken);
        RunFolder.WriteResult(folder.Root, result, parts.Model);
        JsonElement summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.Root, "summary.json"))).RootElement;
        foreach ((string training, string outside, Func<Cost, long> number) in new (string, string, Func<Cost, long>)[] { ("flops", "outsideTrainingFlops", cost => cost.Flops), ("bytes", "outsideTrainingBytes", cost => cost.Bytes) })
        {
            foreach (string name in (string[])[training, outside])
            {
                JsonElement work = summary.GetProperty(name);
                Assert.Equal(work.GetProperty("total").GetInt64(), work.EnumerateObject().Where(part => part.Name != "total").Sum(part => part.Value.GetInt64()));
            }
            // Every kind is a part of one of them: a new one must find its place.
            (string Name, string Part)[] places = [.. Enum.GetValues<CostKind>().Select(kind => kind switch
            {
                CostKind.Statistics => (training, "controller"),
                CostKind.Evaluation or CostKind.Other => (outside, JsonNamingPolicy.CamelCase.ConvertName($"{kind}")),
                _ => (training, JsonNamingPolicy.CamelCase.ConvertName($"{kind}")),
            })];
            foreach ((CostKind kind, (string name, string part)) in Enum.GetValues<CostKind>().Zip(places))
                Assert.Equal((kind, number(result.Ledger.Done(kind))), (kind, summary.GetProperty(name).GetProperty(part).GetInt64()));
            Assert.True(summary.GetProperty(training).GetProperty("probe").GetInt64() > 0);
            Assert.True(summary.GetProperty(outside).GetProperty("evaluation").GetInt64() > 0);
        }
    }

    [Fact]
    public void WhatWasNotMeasuredIsNullAndTheFileStillParses()
    {
        RunResult result = Train(SmallRun.Settings with { LearningRate = 1e12f, Schedule = "constant", Epochs = 50 });
        JsonElement summary = Json("summary.json");
        Assert.Equal(result.Failure!.ToString(), summary.GetProperty("failure").GetString());
        Assert.Equal(JsonValueKind.Null, summary.GetProperty("testAccuracy").ValueKind);
        Assert.Equal(JsonValueKind.Null, summary.GetProperty("finalTrainLoss").ValueKind);
        Assert.Equal(result.Failure.Step - 1, summary.GetProperty("steps").GetInt32());
    }

    [Fact]
    public void TheMetricsHaveAValidationRowAnEpoch()
    {
        Train(SmallRun.Settings with { Epochs = 3, Policy = SmallRun.Eager });
        string[] lines = File.ReadAllLines(Path.Combine(Run, "metrics.csv"));
        Assert.Equal("step,epoch,learningRate,trainLoss,validationLoss,validationAccuracy,frozenUnits,seconds", lines[0]);
        string[][] rows = [.. lines[1..].Select(line => line.Split(','))];
        Assert.All(rows, row => Assert.Equal(8, row.Length));
        string[][] validated = [.. rows.Where(row => row[5].Length > 0)];
        Assert.Equal([("6", "1"), ("12", "2"), ("18", "3")], validated.Select(row => (row[0], row[1])));
        Assert.All(validated, row => Assert.InRange(Number(row[5]), 0, 1));
        Assert.All(validated, row => Assert.True(Number(row[4]) > 0));
        Assert.All(rows, row => Assert.True(Number(row[3]) > 0));
        Assert.Equal(rows.Select(row => Number(row[0])).Order(), rows.Select(row => Number(row[0])));
        Assert.Equal("2", rows[^1][6]);
    }

    [Fact]
    public void FurtherMetricsAreThoseOfTheFinalWeights()
    {
        IMetric[] metrics = [new CalibrationError(), new ConfusionMatrix(), new MacroF1()];
        using RunParts parts = SmallRun.Parts(SmallRun.Settings with { Epochs = 3 }, metrics: metrics);
        RunResult result;
        using (var log = new RunLog(Run, parts.Metrics)) result = new Trainer(parts, log).Run(TestContext.Current.CancellationToken);
        RunFolder.WriteResult(Run, result, parts.Model);
        string[][] rows = [.. File.ReadAllLines(Path.Combine(Run, "metrics.csv")).Select(line => line.Split(','))];
        Assert.Equal(["validationEce", "validationMacroF1"], rows[0][8..]);
        MetricValue[] validation = Metrics.Evaluate(parts.Model, parts.Data.Validation, metrics), test = Metrics.Evaluate(parts.Model, parts.Data.Test, metrics);
        Assert.Equal([validation[0].Scalar, validation[2].Scalar], rows[^1][8..].Select(Number));
        Assert.All(rows[1..].Where(row => row[5].Length == 0), row => Assert.Equal(["", ""], row[8..]));
        JsonElement written = Json("summary.json").GetProperty("test");
        Assert.Equal([test[0].Scalar, test[2].Scalar], [written.GetProperty("ece").GetDouble(), written.GetProperty("macro-f1").GetDouble()]);
        string[][] table = [.. File.ReadAllLines(Path.Combine(Run, "test-confusion.csv")).Skip(1).Select(line => line.Split(','))];
        Assert.Equal(test[1].Table!.Cast<double>(), table.SelectMany(row => row[1..]).Select(Number));
    }

    [Fact]
    public void EveryDecisionIsALine()
    {
        RunResult result = Train(SmallRun.Settings with { Policy = SmallRun.Eager });
        JsonElement[] lines = [.. File.ReadAllLines(Path.Combine(Run, "decisions.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).Where(line => !line.TryGetProperty("check", out _))];
        Assert.Equal(["fc1", "fc2", "fc3"], lines[0].GetProperty("units").EnumerateArray().Select(unit => unit.GetString()));
        Assert.Equal(2, result.Decisions.Count);
        Assert.Equal(
            result.Decisions.Select(decision => (decision.Step, decision.Path)),
            lines[1..].Select(line => (line.GetProperty("step").GetInt32(), line.GetProperty("path").GetString()!)));
    }

    [Fact]
    public void TheWeightsReloadToTheSameAccuracy()
    {
        RunResult result = Train(SmallRun.Settings);
        using var device = new CpuDevice(1);
        using var model = Models.Mlp(SmallRun.Features, 64, 48, SmallRun.Classes);
        Assert.True(StateDict.Load(model, Path.Combine(Run, "last.safetensors"), device: device).IsExact);
        Assert.Equal(result.TestAccuracy, Metrics.Accuracy(model, DataSets.On(SmallRun.Data(), device, 1).Test));
    }

    [Fact]
    public void AnotherRunInTheSameFolderLeavesNothingOfTheOneBefore()
    {
        Train(SmallRun.Settings with { Epochs = 4 }, new ConfusionMatrix());
        string table = Path.Combine(Run, "test-confusion.csv"), own = Path.Combine(Run, "test-set.csv");
        Assert.True(File.Exists(table));
        File.WriteAllText(own, "a user's own");
        using (var log = new RunLog(Run, overwrites: true))
        {
            Assert.False(File.Exists(table));
            Assert.True(File.Exists(own));
            Assert.False(File.Exists(Path.Combine(Run, "summary.json")));
            Assert.False(File.Exists(Path.Combine(Run, "last.safetensors")));
        }
        Assert.Single(File.ReadAllLines(Path.Combine(Run, "metrics.csv")));
    }

    private RunResult Train(RunSettings settings, params IReadOnlyList<IMetric> metrics)
    {
        using RunParts parts = SmallRun.Parts(settings, metrics: metrics);
        using var log = new RunLog(Run, parts.Metrics, settings);
        RunResult result = new Trainer(parts, log).Run(TestContext.Current.CancellationToken);
        RunFolder.WriteResult(Run, result, parts.Model);
        return result;
    }

    private static double Backward(JsonElement work) => work.GetProperty("inputGradient").GetDouble() + work.GetProperty("weightGradient").GetDouble();

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private JsonElement Json(string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Run, name))).RootElement;
}
