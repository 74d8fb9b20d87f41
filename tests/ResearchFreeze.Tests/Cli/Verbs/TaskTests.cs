using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>Runs whose task is another than one class a sample.</summary>
public sealed class TaskTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Run => Path.Combine(folder.Root, "run");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Case37_ANumberIsPredictedInItsOwnUnit()
    {
        // price = 250000 + 40000 a − 20000 b: far from 0, and large.
        string houses = Table("a,b,id,price", 400, (random, i) => Sample(random, i, out double a, out double b) + string.Create(CultureInfo.InvariantCulture, $",{i},{250000 + (40000 * a) - (20000 * b):F2}"));
        string data = $"csv:{houses},target=price,ignore=id";
        FreezeRun trained = Train(data, "mlp:2,16,1");
        Assert.Equal((0, ""), (trained.Code, trained.Error));
        string[] lines = trained.PlainLines();
        Assert.Contains(lines, line => line.StartsWith("test rmse", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("targets", StringComparison.Ordinal) && line.Contains("left out", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("epoch 20/20", StringComparison.Ordinal) && line.Contains("validation rmse ", StringComparison.Ordinal));
        RunSummary summary = RunFolder.ReadSummary(Run);
        Assert.Equal(("rmse", null, null), (summary.Primary, summary.TestAccuracy, summary.BestValidationAccuracy));
        // The deviation of the prices is 45,000.
        Assert.InRange(summary.Test["rmse"]!.Value, 1, 6000);
        Assert.InRange(summary.Test["mae"]!.Value, 1, summary.Test["rmse"]!.Value);
        Assert.InRange(summary.Test["r2"]!.Value, 0.98, 1);
        Assert.EndsWith("validationRmse,validationMae,validationR2", File.ReadAllLines(Path.Combine(Run, "metrics.csv"))[0], StringComparison.Ordinal);
        // The best is the lowest.
        Assert.Equal(RunFolder.ReadMetrics(Run).Where(row => row.ValidationLoss is not null).Min(row => row.Further[0]), summary.BestValidation!.Value, 1e-9);
        Assert.All(RunFolder.ReadMetrics(Run), row => Assert.Null(row.ValidationAccuracy));

        FreezeRun predicted = FreezeRun.Of("predict", Run, "--data", data, "--device", "cpu");
        string[][] rows = [.. predicted.Output.TrimEnd().Split('\n').Select(row => row.Split(','))];
        Assert.Equal(["sample", "price", "label(price)"], rows[0]);
        HostDataSet test = HostDatasets.Load(data).Test;
        var target = new float[1];
        double sum = 0;
        for (int i = 0; i < test.Count; i++)
        {
            test.CopyTargets(i, target);
            sum += Math.Pow(double.Parse(rows[i + 1][1], CultureInfo.InvariantCulture) - target[0], 2);
        }
        Assert.Equal(summary.Test["rmse"]!.Value, Math.Sqrt(sum / test.Count), 0.5);
        FreezeRun evaluated = FreezeRun.Of("eval", Run, "--device", "cpu");
        Assert.EndsWith($" {summary.Test["rmse"]!.Value.ToString("G6", CultureInfo.InvariantCulture)}", evaluated.PlainLines()[2], StringComparison.Ordinal);
        Assert.Contains("rmse", FreezeRun.Of("runs", folder.Root).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void SeveralLabelsAndSeveralTargets()
    {
        string table = Table("a,b,up,right", 300, (random, i) => Sample(random, i, out double a, out double b) + $",{(b > 0 ? 1 : 0)},{(a > 0 ? 1 : 0)}");
        FreezeRun trained = Train($"csv:{table},target=up+right", "mlp:2,16,2", "--task", "multi-label");
        Assert.Equal((0, ""), (trained.Code, trained.Error));
        RunSummary summary = RunFolder.ReadSummary(Run);
        Assert.Equal("f1", summary.Primary);
        Assert.InRange(summary.Test["f1"]!.Value, 0.9, 1);
        string[] rows = FreezeRun.Of("predict", Run, "--data", $"csv:{table},target=up+right", "--format", "jsonl", "--device", "cpu").Output.TrimEnd().Split('\n');
        System.Text.Json.JsonElement first = System.Text.Json.JsonDocument.Parse(rows[0]).RootElement;
        Assert.InRange(first.GetProperty("up").GetDouble(), 0, 1);
        Assert.InRange(first.GetProperty("right").GetDouble(), 0, 1);
    }

    [Theory]
    [InlineData("label=kind", "regression", "expected numbers to predict, for regression")]
    [InlineData("target=a,ignore=kind", "classification", "expected classes, for classification, found 1 numbers to predict")]
    [InlineData("target=a,ignore=kind", "multi-label", "expected targets of 0 and 1, for multi-label, found")]
    [InlineData("target=a,ignore=kind", "regression:delta=2", "delta has no effect without loss=huber")]
    [InlineData("target=a+a,ignore=kind", "regression", "expected each target once")]
    [InlineData("target=a,features=a", "regression", "beside the features, found 'a' among them")]
    [InlineData("target=kind,ignore=b", "regression", "expected a finite number in column 'kind', found 'x'")]
    [InlineData("target=a,label=kind", "regression", "label and target are two ways")]
    [InlineData("target=a,stratify=1,ignore=kind", "regression", "'stratify' has no effect beside 'target'")]
    [InlineData("label=kind", "classification:smoothing=1", "smoothing is in [0, 1), found 1")]
    public void WhatDoesNotFitIsFoundBeforeAnythingIsWritten(string columns, string task, string says)
    {
        string table = Table("a,b,kind", 60, (random, i) => Sample(random, i, out _, out _) + (i % 2 == 0 ? ",x" : ",y"));
        FreezeRun run = Train($"csv:{table},{columns}", "mlp:1,4,2", "--task", task);
        Assert.Equal(2, run.Code);
        Assert.Contains(says, Assert.Single(run.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Run));
    }

    [Fact]
    public void AMetricOfClassesBesideNumbersIsRefused()
    {
        string table = Table("a,b", 60, (random, i) => Sample(random, i, out _, out _));
        FreezeRun run = Train($"csv:{table},target=b", "mlp:1,4,1", "--metrics", "ece");
        Assert.Equal(2, run.Code);
        Assert.Contains("Metric 'ece' is of classes, and", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void SmoothingChangesTrainingAndNotWhatIsMeasured()
    {
        using var device = new ReferenceDevice();
        using Tensor logits = Tensor.From(device, [2f, 0, -1], [1, 3]);
        using IntTensor label = IntTensor.From(device, [0]);
        using var scope = new Scope();
        var batch = new Batch(logits, label, new int[1]);
        double[] log = [.. new double[] { 2, 0, -1 }.Select(logit => logit - Math.Log(Math.Exp(2) + 1 + Math.Exp(-1)))];
        Assert.Equal(-((0.7 + 0.1) * log[0]) - (0.1 * log[1]) - (0.1 * log[2]), new Classification(0.3).Loss(logits, batch).Item(), 1e-6);
        Assert.Equal(-log[0], new Classification().Loss(logits, batch).Item(), 1e-6);
    }

    [Fact]
    public void AModelThatTakesTheBatchTrainsResumesAndPredicts()
    {
        string table = Table("a,b,price", 120, (random, i) => Sample(random, i, out double a, out double b) + string.Create(CultureInfo.InvariantCulture, $",{a - b}"));
        string[] args = ["train", "--model", "mine", "--data", $"csv:{table},target=price", "--epochs", "3", "--batch", "16", "--device", "cpu", "--out", Run, "--checkpoint-every", "5", "--criterion", "gradient-norm-level", "--rule", "percentile:50", "--control", "checks=8,warmup=0,probe=2,debt=2"];
        Action<RunCatalogues> mine = names => names.Models.Add("mine", "mine", "Takes a batch.", _ => new ModelSpec((sample, outputs) => new OfBatch(sample.Count, outputs), [2], 1));
        FreezeRun trained = FreezeRun.With(mine, args);
        Assert.Equal((0, ""), (trained.Code, trained.Error));
        byte[] weights = File.ReadAllBytes(Path.Combine(Run, "last.safetensors"));
        File.Delete(Path.Combine(Run, "summary.json"));
        FreezeRun resumed = FreezeRun.With(mine, "train", "--resume", Run);
        Assert.Equal((0, ""), (resumed.Code, resumed.Error));
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(Run, "last.safetensors")));
        Assert.Equal(0, FreezeRun.With(mine, "predict", Run, "--data", $"csv:{table},target=price").Code);
    }

    private static string Sample(RandomStream random, int i, out double a, out double b)
    {
        (a, b) = (random.NextNormal(), random.NextNormal());
        (a, b) = (Math.Round(a, 4), Math.Round(b, 4));
        return string.Create(CultureInfo.InvariantCulture, $"{a},{b}");
    }

    private string Table(string header, int rows, Func<RandomStream, int, string> row)
    {
        string path = Path.Combine(folder.Root, "table.csv");
        var random = new RandomStream(4, "table");
        File.WriteAllLines(path, [header, .. Enumerable.Range(0, rows).Select(i => row(random, i))]);
        return path;
    }

    private FreezeRun Train(string data, string model, params string[] further) =>
        FreezeRun.Of(["train", "--model", model, "--data", data, "--epochs", "20", "--batch", "16", "--lr", "0.05", "--device", "cpu", "--policy", "never", "--out", Run, .. further]);

    /// <summary>Looks at the batch and not at its inputs alone.</summary>
    private sealed class OfBatch : Module<Batch>
    {
        private readonly Linear first, head;

        public OfBatch(int inputs, int outputs)
        {
            first = Register("first", new Linear(inputs, 8, activation: Activation.Relu));
            head = Register("head", new Linear(8, outputs));
        }

        public override Tensor Forward(Batch input)
        {
            ArgumentNullException.ThrowIfNull(input);
            Assert.Equal(input.Count, input.Inputs.Shape[0]);
            return head.Forward(first.Forward(input.Inputs));
        }
    }
}
