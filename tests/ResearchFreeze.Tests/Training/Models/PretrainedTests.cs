using ResearchFreeze.Autograd;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>Folders of Hugging Face, made here from small random networks: what is read, what is said of what does not fit, and runs that go on without the folder.</summary>
public sealed class PretrainedTests : IDisposable
{
    private const string Bert = """{"model_type":"bert","hidden_size":12,"num_hidden_layers":2,"num_attention_heads":2,"intermediate_size":20,"vocab_size":300,"max_position_embeddings":64,"type_vocab_size":2,"layer_norm_eps":1e-12}""";
    private const string Gpt = """{"model_type":"gpt2","n_embd":12,"n_layer":2,"n_head":2,"vocab_size":300,"n_positions":64}""";
    private const string Roberta = """{"model_type":"roberta","hidden_size":12,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":20,"vocab_size":300,"max_position_embeddings":66,"type_vocab_size":1}""";
    private const string Distil = """{"model_type":"distilbert","dim":12,"n_layers":1,"n_heads":2,"hidden_dim":20,"vocab_size":300,"max_position_embeddings":64}""";
    private const string Vit = """{"model_type":"vit","hidden_size":12,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":20,"image_size":8,"patch_size":4,"num_channels":3}""";

    private readonly TemporaryFolder folder = new();

    private string Texts => Path.Combine(folder.Root, "texts.csv");

    private string Run => Path.Combine(folder.Root, "run");

    public void Dispose() => folder.Dispose();

    /// <summary>The code of <c>docs/transformers.md</c>.</summary>
    [Fact]
    public void ThePagesCodeRuns()
    {
        using var device = new CpuDevice(1);
        (string folder, string copy) = (Made(Bert, device), Path.Combine(this.folder.Root, "copy"));
        {
            HuggingFaceModel source = HuggingFaceModel.Open(folder);
            using TextTransformer model = source.BuildText(source.Blocks, outputs: 19, Pooling.Mean).Initialize(device, seed: 1);
            source.Save(model, copy);
        }
        Assert.True(File.Exists(Path.Combine(copy, "model.safetensors")));
        string page = File.ReadAllText(Path.Combine(ReadmeTests.Root, "docs", "transformers.md")), here = File.ReadAllText(Path.Combine(ReadmeTests.Root, "tests", "ResearchFreeze.Tests", "Training", "Models", "PretrainedTests.cs"));
        string code = page.Split("```csharp\n")[1].Split("```")[0];
        foreach (string line in code.Trim().Split('\n')) Assert.Contains(line.Trim(), here, StringComparison.Ordinal);
    }

    /// <summary>What freezing is held against where a model begins with weights of its own.</summary>
    [Fact]
    public void APretrainedModelIsATrainedStart()
    {
        using var device = new CpuDevice(1);
        string source = Made(Bert, device);
        var full = new RunSettings { Model = $"bert:{source}", Optimizer = "adamw", LearningRate = 0.0001f };
        IReadOnlyList<OtherControl> controls = TrainedStart.Controls(full, 100, new RunCatalogues());
        Assert.Equal(["head-only", "lp-ft", "head, converged", "LoRA"], controls.Select(control => control.Name));
        Assert.Equal(full with { Model = $"bert:{source},lora=8", Policy = "never", LearningRate = 0.001f }, controls[3].Settings);
        Assert.DoesNotContain(TrainedStart.Controls(full with { Model = $"bert:{source},lora=4" }, 100, new RunCatalogues()), control => control.Name == "LoRA");
        Assert.Empty(TrainedStart.Controls(full with { Model = "bert:width=16,layers=1,heads=2" }, 100, new RunCatalogues()));
    }

    [Theory]
    [InlineData("bert", Bert)]
    [InlineData("gpt", Gpt)]
    [InlineData("bert", Roberta)]
    [InlineData("bert", Distil)]
    public void WhatIsSavedIsReadAgain(string kind, string config)
    {
        using var device = new CpuDevice(1);
        string source = Made(config, device), copy = Path.Combine(folder.Root, "copy");
        HuggingFaceModel model = HuggingFaceModel.Open(source);
        // GPT-2's head is its table: a classifier has no name there.
        (int outputs, Pooling pooling) = kind == "gpt" ? (300, Pooling.None) : (3, Pooling.Mean);
        using TextTransformer first = model.BuildText(model.Blocks, outputs, pooling).Initialize(device, 5);
        model.Save(first, copy);
        HuggingFaceModel again = HuggingFaceModel.Open(copy);
        using TextTransformer second = again.BuildText(again.Blocks, outputs, pooling).Initialize(device, 6);
        foreach ((Parameter a, Parameter b) in first.Parameters().Zip(second.Parameters())) Assert.Equal(a.Value.ToArray(), b.Value.ToArray());
        Assert.Equal(ModelNames(source).Order(StringComparer.Ordinal), ModelNames(copy).Where(name => !name.StartsWith("classifier", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AVisionTransformersPatchesAreTurned()
    {
        using var device = new CpuDevice(1);
        string source = Made(Vit, device);
        HuggingFaceModel model = HuggingFaceModel.Open(source);
        using VisionTransformer vit = model.BuildVision(model.Blocks, [8, 8, 3], 4).Initialize(device, 5);
        double[] there = WeightFiles.Read(source)["embeddings.patch_embeddings.projection.weight"].ToDoubles();
        float[] here = vit.Parameters().Single(parameter => parameter.Path == "embeddings.patches.projection.weight").Value.ToArray();
        // Output 1, row 2, column 3, channel 1: (out, in, height, width) there, (out, height, width, in) here.
        Assert.Equal(there[(((1 * 3) + 1) * 16) + (2 * 4) + 3], here[(((1 * 16) + (2 * 4) + 3) * 3) + 1]);
        string copy = Path.Combine(folder.Root, "copy");
        model.Save(vit, copy);
        Assert.Equal(there, WeightFiles.Read(copy)["embeddings.patch_embeddings.projection.weight"].ToDoubles());
        Assert.Equal($"'{source}' takes images (8, 8, 3), found a sample of shape (9, 8, 3).", Assert.Throws<ShapeException>(() => model.BuildVision(model.Blocks, [9, 8, 3], 4)).Message);
    }

    [Fact]
    public void GptsMatricesAreTurned()
    {
        using var device = new CpuDevice(1);
        string source = Made(Gpt, device);
        HuggingFaceModel model = HuggingFaceModel.Open(source);
        using TextTransformer gpt = model.BuildText(model.Blocks, 300, Pooling.None).Initialize(device, 5);
        double[] there = WeightFiles.Read(source)["h.1.attn.c_attn.weight"].ToDoubles();
        float[] here = gpt.Blocks[1].Projections.Packed!.Weight.Value.ToArray();
        Assert.Equal(there[(5 * 36) + 7], here[(7 * 12) + 5]);
        Assert.Same(gpt.Embeddings.Tokens.Weight, gpt.Head.Output.Weight);
    }

    [Theory]
    [InlineData("""{"model_type":"t5"}""", "model_type is 't5', and bert, distilbert, roberta, gpt2 and vit are known")]
    [InlineData("""{"hidden_size":12}""", "'model_type' is missing")]
    [InlineData("{", "it does not parse")]
    public void AConfigThatIsNoneIsRefused(string config, string what)
    {
        string source = Path.Combine(folder.Root, "odd");
        Directory.CreateDirectory(source);
        File.WriteAllText(Path.Combine(source, "config.json"), config);
        Assert.Contains(what, Assert.Throws<FormatException>(() => HuggingFaceModel.Open(source)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WeightsThatDoNotFitAreNamed()
    {
        using var device = new CpuDevice(1);
        string source = Made(Bert, device);
        Dictionary<string, SafetensorsEntry> entries = WeightFiles.Read(source);
        entries.Remove("encoder.layer.1.output.dense.weight");
        entries["embeddings.LayerNorm.weight"] = SafetensorsEntry.Of(new Shape(11), new float[11]);
        Safetensors.Write(Path.Combine(source, "model.safetensors"), entries);
        HuggingFaceModel model = HuggingFaceModel.Open(source);
        Assert.Equal(
            $"'{source}' does not fit its config: 'embeddings.LayerNorm.weight' has shape (11), expected (12); 'encoder.layer.1.output.dense.weight' is missing.",
            Assert.Throws<FormatException>(() => model.BuildText(model.Blocks, 2, Pooling.Mean)).Message);
    }

    [Fact]
    public void WeightsThatAreNoNumbersAreNamedBeforeAnythingIsWritten()
    {
        string source;
        using (var device = new CpuDevice(1)) source = Made(Bert, device);
        Dictionary<string, SafetensorsEntry> entries = WeightFiles.Read(source);
        float[] values = new float[20 * 12];
        values[(3 * 12) + 5] = float.NaN;
        entries["encoder.layer.1.intermediate.dense.weight"] = SafetensorsEntry.Of([20, 12], values);
        Safetensors.Write(Path.Combine(source, "model.safetensors"), entries);
        WriteTexts();
        FreezeRun trained = FreezeRun.Of("train", "--model", $"bert:{source}", "--data", $"csv:{Texts},text=text,label=label,tokenizer=bytes,length=20", "--device", "cpu", "--out", Run);
        Assert.Equal((2, $"error: '{source}': expected finite numbers in 'encoder.layer.1.intermediate.dense.weight' (20, 12), found NaN at (3, 5)."), (trained.Code, trained.Error.TrimEnd()));
        Assert.False(Directory.Exists(Run));
    }

    [Fact]
    public void BlocksThatTheFolderDoesNotHaveAreRefused()
    {
        using var device = new CpuDevice(1);
        HuggingFaceModel model = HuggingFaceModel.Open(Made(Bert, device));
        Assert.Contains("'block1.attention.layer.packed.weight' has no name there", Assert.Throws<FormatException>(() => model.BuildText(model.Blocks with { IsPacked = true }, 2, Pooling.Mean)).Message, StringComparison.Ordinal);
        Assert.Contains("'head.norm.gamma' has no name there", Assert.Throws<FormatException>(() => model.BuildText(model.Blocks with { IsPreNorm = true }, 2, Pooling.Mean)).Message, StringComparison.Ordinal);
        Assert.Contains("its blocks are rotary", Assert.Throws<FormatException>(() => model.BuildText(model.Blocks with { IsRotary = true }, 2, Pooling.Mean)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LoraIsSavedWhenItIsMerged()
    {
        using var device = new CpuDevice(1);
        HuggingFaceModel source = HuggingFaceModel.Open(Made(Bert, device));
        using TextTransformer model = source.BuildText(source.Blocks with { Projection = (inputs, outputs, bias) => new LoraLinear(inputs, outputs, 2, 4, bias) }, 2, Pooling.Mean).Initialize(device, 3);
        LoraLinear[] all = [.. model.Modules().OfType<LoraLinear>()];
        foreach (LoraLinear lora in all) lora.Up.Set([.. Enumerable.Repeat(0.1f, lora.Up.Shape.Count)]);
        string copy = Path.Combine(folder.Root, "merged");
        Assert.Contains("merge LoRA's additions first", Assert.Throws<ArgumentException>(() => source.Save(model, copy)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(copy));
        foreach (LoraLinear lora in all) lora.Merge();
        source.Save(model, copy);
        Assert.Equal(all[0].Weight.Value.ToArray().Select(value => (double)value), WeightFiles.Read(copy)["encoder.layer.0.attention.self.query.weight"].ToDoubles());
    }

    [Theory]
    [InlineData("bert:width=16,layers=1,heads=2")]
    [InlineData("transformer:16,1,2,32,300")]
    public void AModelThatSeesWhatItIsToPredictIsRefused(string model)
    {
        string text = Path.Combine(folder.Root, "text.txt");
        File.WriteAllText(text, string.Concat(Enumerable.Range(0, 300).Select(i => $"line {i} of a text.\n")));
        FreezeRun trained = FreezeRun.Of("train", "--model", model, "--data", $"text:{text},length=16", "--device", "cpu", "--out", Run);
        Assert.Equal(2, trained.Code);
        Assert.Contains("sees the token that it is to predict", trained.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void TheEpochsLineHasTheTasksMetric()
    {
        string text = Path.Combine(folder.Root, "text.txt");
        File.WriteAllText(text, string.Concat(Enumerable.Range(0, 300).Select(i => $"line {i} of a text.\n")));
        FreezeRun trained = FreezeRun.Of("train", "--model", "gpt:width=16,layers=1,heads=2", "--data", $"text:{text},length=16", "--device", "cpu", "--epochs", "1", "--out", Run);
        string line = trained.PlainLines().Single(each => each.StartsWith("epoch 1/1", StringComparison.Ordinal));
        Assert.True(double.Parse(line.Split("validation perplexity ")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture) > 1, line);
    }

    /// <summary>LoRA draws two tensors a projection and leaves most of each unit as it is: that is said in a line each, not tensor by tensor.</summary>
    [Fact]
    public void WhatIsDrawnAndWhatIsLeftIsSaidShortly()
    {
        string source;
        using (var device = new CpuDevice(1)) source = Made(Bert, device);
        WriteTexts();
        FreezeRun trained = FreezeRun.Of("train", "--model", $"bert:{source},lora=2,units=halves", "--data", $"csv:{Texts},text=text,label=label,tokenizer=bytes,length=20", "--epochs", "1", "--device", "cpu", "--out", Run, "--policy", "never");
        Assert.Equal((0, ""), (trained.Code, trained.Error));
        Assert.Contains("; drawn: head.output.weight, head.output.bias, 16 tensors of LoRA (loraDown, loraUp)", trained.Output, StringComparison.Ordinal);
        string left = trained.PlainLines().Single(line => line.StartsWith("set by the user", StringComparison.Ordinal));
        Assert.Equal("set by the user, and left so: embeddings (frozen) and 4 more", left);
    }

    /// <summary>From the folder alone: the pretrained one may be gone by then.</summary>
    [Theory]
    [InlineData("bert", Bert, "")]
    [InlineData("bert", Bert, ",pool=first,units=halves,dropout=0.1")]
    [InlineData("bert", Bert, ",lora=2")]
    [InlineData("gpt", Gpt, "")]
    public void ARunPredictsWithoutThePretrainedFolder(string kind, string config, string settings)
    {
        using (var device = new CpuDevice(1))
        {
            string source = Made(config, device);
            WriteTexts();
            FreezeRun trained = FreezeRun.Of("train", "--model", $"{kind}:{source}{settings}", "--data", $"csv:{Texts},text=text,label=label,tokenizer=bytes,length=20", "--epochs", "2", "--batch", "8", "--device", "cpu", "--out", Run, "--policy", "static:2");
            Assert.Equal((0, ""), (trained.Code, trained.Error));
            if (settings.Contains("lora", StringComparison.Ordinal)) Assert.Contains("loraDown", trained.Output, StringComparison.Ordinal);
            Directory.Delete(source, recursive: true);
        }
        Assert.Contains("a table; --data takes one", FreezeRun.Of("predict", Run, Texts).Error, StringComparison.Ordinal);
        string lines = Path.Combine(folder.Root, "lines.txt");
        File.WriteAllLines(lines, ["red green", "small", "blue old"]);
        FreezeRun predicted = FreezeRun.Of("predict", Run, lines);
        Assert.Equal((0, ""), (predicted.Code, predicted.Error));
        Assert.Equal(4, predicted.PlainLines().Length);
    }

    /// <summary>All policies train a model whose head is the table of its tokens.</summary>
    [Theory]
    [InlineData("never")]
    [InlineData("adaptive")]
    [InlineData("static:1")]
    [InlineData("prefix-patience:criterion=gradient-norm-level,threshold=10")]
    [InlineData("rotation")]
    [InlineData("percentile:50")]
    public void EveryPolicyTrainsATiedHead(string rule)
    {
        string text = Path.Combine(folder.Root, "text.txt");
        File.WriteAllText(text, string.Concat(Enumerable.Range(0, 300).Select(i => $"line {i} of a text that repeats itself.\n")));
        string[] policy = rule is "rotation" or "percentile:50" ? ["--criterion", "gradient-norm-level", "--rule", rule] : ["--policy", rule];
        FreezeRun trained = FreezeRun.Of([
            "train", "--model", "gpt:width=16,layers=2,heads=2,inner=24,places=32", "--data", $"text:{text},length=32", "--epochs", "1", "--batch", "16", "--device", "cpu", "--out", Run, .. policy]);
        Assert.Equal((0, ""), (trained.Code, trained.Error));
        Assert.Contains("perplexity", trained.Output, StringComparison.Ordinal);
    }

    private static IEnumerable<string> ModelNames(string folder) => WeightFiles.Read(folder).Keys;

    /// <summary>A folder with random weights under the names that such a model has.</summary>
    private string Made(string config, Device device)
    {
        string source = Path.Combine(folder.Root, "source");
        Directory.CreateDirectory(source);
        File.WriteAllText(Path.Combine(source, "config.json"), config);
        HuggingFaceModel described = HuggingFaceModel.Described(source, config);
        bool isVit = described.Kind == "vit";
        using ModuleBase model = isVit ? described.BuildVision(described.Blocks, [8, 8, 3], 4).Initialize(device, 9) : described.BuildText(described.Blocks, 300, described.Kind == "gpt2" ? Pooling.None : Pooling.Mean).Initialize(device, 9);
        string written = Path.Combine(folder.Root, "written");
        described.Save(model, written);
        Dictionary<string, SafetensorsEntry> entries = WeightFiles.Read(written);
        foreach (string head in entries.Keys.Where(name => name.StartsWith("classifier.", StringComparison.Ordinal)).ToArray()) entries.Remove(head);
        Safetensors.Write(Path.Combine(source, "model.safetensors"), entries);
        Directory.Delete(written, recursive: true);
        return source;
    }

    private void WriteTexts()
    {
        string[] words = ["red", "green", "blue", "large", "small", "old"];
        File.WriteAllLines(Texts, ["text,label", .. Enumerable.Range(0, 60).Select(i => $"{words[i % 6]} {words[i / 6 % 6]},{(i % 2 == 0 ? "even" : "odd")}")]);
    }
}
