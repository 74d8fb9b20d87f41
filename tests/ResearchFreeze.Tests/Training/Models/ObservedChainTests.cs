using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>Criteria that read outputs work on transformers, whose units are told as those of a chain.</summary>
public sealed class ObservedChainTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Run => Path.Combine(folder.Root, "run");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("cka", "bert:width=16,layers=2,heads=2", 4)]
    [InlineData("plasticity", "bert:width=16,layers=2,heads=2,dropout=0.1,recompute=yes", 4)]
    [InlineData("plasticity", "vit:width=16,layers=2,heads=2,patch=1", 4)]
    [InlineData("cka", "transformer:16,2,2,16", 4)]
    public void OutputsOfTransformersAreMeasured(string criterion, string model, int units)
    {
        FreezeRun trained = Train(criterion, model);
        Assert.Equal((0, ""), (trained.Code, trained.Error));
        string log = File.ReadAllText(Path.Combine(Run, "decisions.jsonl"));
        for (int unit = 1; unit <= units - 2; unit++) Assert.Contains($"block{unit}", log, StringComparison.Ordinal);
        // From the second look on every unit has a score.
        Assert.Matches("\"score\":[0-9]", log);
    }

    [Fact]
    public void HalvesOfABlockHaveNoOutputsOfTheirOwn()
    {
        FreezeRun trained = Train("cka", "bert:width=16,layers=2,heads=2,units=halves");
        Assert.Equal(2, trained.Code);
        Assert.Contains("are parts of one block and have no outputs of their own", trained.Error, StringComparison.Ordinal);
        Assert.Single(trained.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void ModulesAreToldInTheirOrderUntilTheWatchEnds()
    {
        using var device = new CpuDevice(1);
        using var scope = new Scope();
        using TextTransformer model = new TextTransformer(new TextModelOptions(new TransformerOptions(8, 2), 2, 10, 4, 3)).Initialize(device, 1);
        Batch batch = Batch.OfTokens(IntTensor.From(device, [1, 2, 3, 4], [2, 2]), IntTensor.From(device, [2, 2]), IntTensor.From(device, [0, 1]), new int[2]);
        var told = new List<string>();
        using (model.Observe((module, output) => told.Add($"{module.Path} {output.Shape}"))) model.Forward(batch);
        model.Forward(batch);
        Assert.Equal(["embeddings (2, 2, 8)", "block1 (2, 2, 8)", "block2 (2, 2, 8)", "head (2, 3)"], told);
        Assert.Equal(told.Select(line => line.Split(' ')[0]), model.ObservedModules.Select(module => module.Path));
    }

    private FreezeRun Train(string criterion, string model)
    {
        string data = FreezeRun.Images(folder);
        if (!model.StartsWith("vit", StringComparison.Ordinal))
        {
            string texts = Path.Combine(folder.Root, "texts.csv"), length = model.StartsWith("transformer", StringComparison.Ordinal) ? "16" : "24";
            string[] words = ["red", "green", "blue", "large", "small", "old"];
            File.WriteAllLines(texts, ["text,label", .. Enumerable.Range(0, 60).Select(i => $"{words[i % 6]} {words[i / 6 % 6]},{(i % 2 == 0 ? "even" : "odd")}")]);
            data = $"csv:{texts},text=text,label=label,tokenizer=bytes,length={length}";
        }
        return FreezeRun.Of("train", "--model", model, "--data", data, "--epochs", "4", "--batch", "8", "--criterion", criterion, "--rule", "percentile:50", "--control", "checks=6,warmup=0", "--device", "cpu", "--threads", "1", "--out", Run);
    }
}
