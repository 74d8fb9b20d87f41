using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using ResearchFreeze.Autograd;
using ResearchFreeze.BenchmarkDotNet;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.BenchmarkDotNet;

/// <summary>The table of a benchmark of two models: its cases, groups and numbers, by closed forms. Times are not looked at.</summary>
public sealed class FreezingBenchmarkTests
{
    private const int Batch = 8;

    [Fact]
    public void StatesArePrefixesAMiddleAndWhatRunsReached()
    {
        Assert.Equal(["deep: first 1 of 4", "deep: first 2 of 4", "deep: all but head", "deep: units 2-3 of 4", "deep: rule, 2 of 4"], new Two().Models.First().States().Select(state => state.ToString()));
        Assert.Equal([0, 2], new Two().Models.First().States()[^1].Frozen);
        Assert.Equal(["flat: all but head"], new Two().Models.Last().States().Select(state => state.ToString()));
    }

    [Fact]
    public void ARunOfAnotherModelIsRefused()
    {
        BenchmarkedModel flat = new Two().Models.Last() with { Runs = [("rule", Two.Log())] };
        Assert.Equal("Benchmark flat: the run 'rule' has units fc1, fc2, fc3, head; the model has fc1, head.", Assert.Throws<ArgumentException>(flat.States).Message);
    }

    [Fact]
    public void TheTableHasAGroupAModelWithExactSavings()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        IConfig config = ManualConfig.CreateEmpty().AddColumnProvider(DefaultColumnProviders.Instance).AddLogger(NullLogger.Instance).AddJob(Job.Dry.WithToolchain(InProcessEmitToolchain.Instance)).WithArtifactsPath(folder);
        Summary summary = BenchmarkRunner.Run<Two>(config);
        Directory.Delete(folder, true);
        Assert.Empty(summary.ValidationErrors.Where(error => error.IsCritical).Select(error => error.Message));
        Assert.All(summary.Reports, report => Assert.True(report.Success));
        Dictionary<string, string>[] rows = [.. summary.Table.FullContent.Select(row => summary.Table.FullHeader.Zip(row).ToDictionary(cell => cell.First, cell => cell.Second))];
        Assert.Equal(
            ["deep: nothing", "deep: first 1 of 4", "deep: first 2 of 4", "deep: all but head", "deep: units 2-3 of 4", "deep: rule, 2 of 4", "flat: nothing", "flat: all but head"],
            rows.Select(row => row["frozen"]));
        // Ratios are to the baseline of the same model.
        Assert.Equal([1, 1], new[] { rows[0], rows[6] }.Select(row => double.Parse(row["Ratio"], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(["1.00", "1.00"], new[] { rows[0], rows[6] }.Select(row => row["Predicted"]));
        // Layers 16 → 32 → 32 → 32 → 10: forward, weight gradient, and input gradient of all but the first.
        int[] layers = [16 * 32, 32 * 32, 32 * 32, 32 * 10];
        Assert.Equal(
            [0, Saved(layers, 0), Saved(layers, 0, 1), Saved(layers, 0, 1, 2), Saved(layers, 1, 2), Saved(layers, 0, 2)],
            rows.Take(6).Select(row => double.Parse(row["Ops saved"].TrimEnd('%', ' '), System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal([0, Saved([16 * 32, 32 * 10], 0)], rows.Skip(6).Select(row => double.Parse(row["Ops saved"].TrimEnd('%', ' '), System.Globalization.CultureInfo.InvariantCulture)));
        // The JSON exporter writes metrics; the baseline's operations are those of a step.
        Assert.Equal(2.0 * Batch * ((3 * layers.Sum()) - layers[0]), summary.Reports[0].Metrics["StepOperations"].Value);
        // With all but head frozen, only the head's input, the log-softmax's output and the labels are kept: less than with everything in training.
        Assert.InRange(summary.Reports[3].Metrics["StepSavedActivations"].Value, Batch * 32 * 4, summary.Reports[0].Metrics["StepSavedActivations"].Value / 2);
        Assert.Contains("Allocated", summary.Table.FullHeader);
        Assert.DoesNotContain("StepOperations", summary.Table.FullHeader);
    }

    [Fact]
    public async Task TheSampleRunsByItsCommandLine()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        SampleProcess run = await SampleProcess.Run("OwnBenchmark", folder, ["--job", "dry", "--inProcess", "--device", "cpu"]);
        Assert.Equal(0, run.Code);
        Assert.Matches(@"\| own: all but head +\| .* \| +62\.1 % \|", run.Output);
        // Readable at 120 columns.
        Assert.All(run.Output.Split('\n').Where(line => line.StartsWith('|')), line => Assert.InRange(line.TrimEnd().Length, 1, 120));
        Directory.Delete(folder, true);
    }

    /// <summary>The percentage of a step's operations that these layers, frozen, leave out.</summary>
    private static double Saved(int[] layers, params int[] frozen)
    {
        int first = Enumerable.Range(0, layers.Length).First(layer => !frozen.Contains(layer));
        int full = (3 * layers.Sum()) - layers[0];
        int left = layers.Sum() + Enumerable.Range(0, layers.Length).Sum(layer => (frozen.Contains(layer) ? 0 : layers[layer]) + (layer > first ? layers[layer] : 0));
        return Math.Round(100 * (1 - ((double)left / full)), 1);
    }

    public class Two : FreezingBenchmark
    {
        public override IEnumerable<BenchmarkedModel> Models => [new BenchmarkedModel("deep", device => Train(device, 16, 32, 32, 32)) { Runs = [("rule", Log())] }, new BenchmarkedModel("flat", device => Train(device, 16, 32))];

        /// <summary>A log in which the first and third unit are frozen at last, and the second was for a while.</summary>
        public static DecisionRecord Log()
        {
            string path = Path.GetTempFileName();
            File.WriteAllText(path, """
                {"schema":3,"criterion":"c","rule":"r","division":"block","checkEvery":1,"warmUpSteps":0,"units":["fc1","fc2","fc3","head"]}
                {"step":1,"unit":0,"path":"fc1","action":"freeze","trigger":"rule"}
                {"step":2,"unit":1,"path":"fc2","action":"freeze","trigger":"rule"}
                {"step":3,"unit":1,"path":"fc2","action":"thaw","trigger":"rule"}
                {"step":3,"unit":2,"path":"fc3","action":"freeze","trigger":"rule"}

                """);
            DecisionRecord record = DecisionRecord.Read(path);
            File.Delete(path);
            return record;
        }

        private static BenchmarkedTraining Train(Device device, params int[] widths)
        {
            var model = new Sequential([.. widths.Skip(1).Select((width, i) => ($"fc{i + 1}", (Module)new Linear(widths[i], width, activation: Activation.Relu))), ("head", new Linear(widths[^1], 10))]);
            model.Initialize(device, 1);
            var inputs = Tensor.Full(device, [Batch, widths[0]], 0.5);
            var labels = IntTensor.From(device, new int[Batch]);
            return new BenchmarkedTraining(model, new Sgd(model, new Constant(0.1f), momentum: 0.9f), () => Loss.CrossEntropy(model.Forward(inputs), labels), inputs, labels);
        }
    }
}
