using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>Runs on token ids: a model that takes the batch trains, resumes, predicts and is measured as any other.</summary>
public sealed class TokenRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Run => Path.Combine(folder.Root, "run");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("gradient-norm-level")]
    [InlineData("effective-perturbation")]
    public void ARunTrainsResumesBitForBitAndPredictsInTheDataSOrder(string criterion)
    {
        string[] args = ["train", "--model", "bag", "--data", "made", "--epochs", "6", "--batch", "16", "--lr", "0.2", "--device", "cpu", "--out", Run, "--checkpoint-every", "7", "--criterion", criterion, "--rule", "percentile:50", "--control", "checks=8,warmup=0,probe=2,debt=2"];
        FreezeRun trained = FreezeRun.With(Names, args);
        Assert.Equal((0, ""), (trained.Code, trained.Error));
        Assert.Contains(trained.PlainLines(), line => line.StartsWith("training samples of 2 to 12 tokens,", StringComparison.Ordinal) && line.EndsWith("% of the first epoch's batches is padding", StringComparison.Ordinal));
        Assert.InRange(RunFolder.ReadSummary(Run).TestAccuracy!.Value, 0.8, 1);
        RunData data = RunFolder.ReadData(Run);
        Assert.Equal((TokenTasks.Vocabulary, 12, 64), (data.Vocabulary, data.SampleShape[0], data.TokenHash!.Length));

        byte[] weights = File.ReadAllBytes(Path.Combine(Run, "last.safetensors"));
        File.Delete(Path.Combine(Run, "summary.json"));
        FreezeRun resumed = FreezeRun.With(Names, "train", "--resume", Run);
        Assert.Equal((0, ""), (resumed.Code, resumed.Error));
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(Run, "last.safetensors")));

        FreezeRun predicted = FreezeRun.With(Names, "predict", Run, "--data", "made");
        Assert.Equal((0, ""), (predicted.Code, predicted.Error));
        string[][] rows = [.. predicted.PlainLines().Skip(1).Select(line => line.Split(','))];
        Assert.Equal(Enumerable.Range(0, 64).Select(sample => $"{sample}"), rows.Select(row => row[0]));
        Assert.Equal(TokenTasks.Splits().Test.Labels.Select(label => $"{label}"), rows.Select(row => row[3]));
        Assert.Equal(RunFolder.ReadSummary(Run).TestAccuracy!.Value, rows.Count(row => row[1] == row[3]) / 64.0, 1e-9);
        Assert.Equal(0, FreezeRun.With(Names, "eval", Run, "--data", "made").Code);
    }

    [Fact]
    public void OtherTokensAreNotWhatARunBeganWith()
    {
        string[] args = ["train", "--model", "bag", "--data", "made", "--epochs", "2", "--batch", "16", "--device", "cpu", "--out", Run, "--checkpoint-every", "5", "--policy", "never"];
        Assert.Equal(0, FreezeRun.With(Names, args).Code);
        File.Delete(Path.Combine(Run, "summary.json"));
        HostDataSet other = TokenTasks.Made(192, name: "another");
        DataSplits made = TokenTasks.Splits();
        FreezeRun resumed = FreezeRun.With(names => Add(names, new DataSplits("made up", other, made.Validation, made.Test)), "train", "--resume", Run);
        Assert.Contains("what differs: the samples' tokens", resumed.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bag", "made", "--augment=flip", "found token ids")]
    [InlineData("bag", "images", "", "found 2 × 3")]
    [InlineData("mlp:12,8,3", "made", "", "takes values, and the data has token ids")]
    public void WhatDoesNotFitIsOneLine(string model, string data, string further, string message)
    {
        FreezeRun run = FreezeRun.With(Names, ["train", "--model", model, "--data", data == "images" ? FreezeRun.Images(folder) : data, "--epochs", "1", "--device", "cpu", "--out", Run, .. further.Length == 0 ? Array.Empty<string>() : further.Split('=')]);
        Assert.NotEqual(0, run.Code);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void ANumberThatIsNotFiniteIsFound()
    {
        FreezeRun run = FreezeRun.With(Names, "train", "--model", "bag", "--data", "made", "--epochs", "3", "--batch", "16", "--lr", "1e30", "--optimizer", "sgd", "--device", "cpu", "--out", Run, "--policy", "never");
        Assert.Contains("is not finite; training stopped", run.Error + run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("real values", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ALengthThatAModelDoesNotTakeIsFoundBeforeAnythingIsWritten()
    {
        // The longest sample is in one batch only, which is not the first.
        DataSplits made = TokenTasks.Splits();
        Action<RunCatalogues> names = known =>
        {
            known.Models.Add("short", "short", "Takes up to 11 tokens.", _ => new ModelSpec((_, outputs) => new BagOfTokens(TokenTasks.Vocabulary, outputs), [12], 3) { Forward = (model, batch) => batch.Tokens!.Shape[1] < 12 ? ((BagOfTokens)model).Forward(batch) : throw new ShapeException("short: takes up to 11 tokens, found 12.") });
            known.Data.Add("made", _ => () => made);
        };
        FreezeRun run = FreezeRun.With(names, "train", "--model", "short", "--data", "made", "--epochs", "1", "--batch", "2", "--device", "cpu", "--out", Run, "--policy", "never");
        Assert.Contains("short: takes up to 11 tokens, found 12.", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Run));
    }

    [Theory]
    [InlineData("module")]
    [InlineData("traced")]
    public void UnitsMayBeAnyDivision(string units)
    {
        FreezeRun run = FreezeRun.With(Names, "train", "--model", "bag", "--data", "made", "--epochs", "1", "--batch", "16", "--accumulate", "3", "--device", "cpu", "--out", Run, "--policy", "static:1", "--units", units);
        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Fact]
    public void MetricsAreTheSameInAnyOrder()
    {
        using var device = new ReferenceDevice();
        HostDataSet test = TokenTasks.Made(700, name: "test");
        DataSets data = DataSets.On(new DataSplits("made", test, test, test), device, 1);
        using var model = new BagOfTokens(TokenTasks.Vocabulary, TokenTasks.Classes);
        model.Initialize(device, 3);
        double loss = 0;
        int right = 0;
        using (GradMode.Disable())
        {
            foreach (Batch batch in data.Test.Batches(1, 0))
            {
                using var scope = new Scope();
                Tensor logits = model.Forward(batch);
                loss += Loss.CrossEntropy(logits, batch.Labels).Item() * batch.Count;
                right += logits.ArgMax(1).ToArray().Zip(batch.Labels.ToArray()).Count(pair => pair.First == pair.Second);
            }
        }
        LossAndAccuracy found = Metrics.Evaluate(model, data.Test);
        Assert.Equal(loss / 700, found.Loss, 1e-5);
        Assert.Equal(right / 700.0, found.Accuracy, 1e-12);
    }

    /// <summary>The folder is enough: neither the vocabulary nor the data are there any more.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TextsArePredictedFromTheFolderAlone(bool hasWords)
    {
        string vocabulary = Path.Combine(folder.Root, "words");
        Directory.CreateDirectory(vocabulary);
        File.WriteAllText(Path.Combine(vocabulary, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\ngood\nbad\nfilm\n");
        string table = Path.Combine(folder.Root, "films.csv");
        File.WriteAllLines(table, ["text,label", .. Enumerable.Range(0, 90).Select(i => $"{(i % 3 == 0 ? "a Good film" : "a bad film")},{(i % 3 == 0 ? "yes" : "no")}")]);
        int size = hasWords ? 7 : 259;
        Action<RunCatalogues> names = known => known.Models.Add("bag", "bag", "Takes a batch of tokens.", _ => new ModelSpec((_, outputs) => new BagOfTokens(size, outputs), [12], 2));
        FreezeRun trained = FreezeRun.With(names, "train", "--model", "bag", "--data", $"csv:{table},text=text,length=14{(hasWords ? $",tokenizer={vocabulary}" : "")}", "--epochs", "20", "--batch", "8", "--lr", "0.2", "--device", "cpu", "--out", Run, "--policy", "never");
        Assert.Equal((0, ""), (trained.Code, trained.Error));
        Assert.Equal(hasWords ? "tokenizer.json" : "bytes", RunFolder.ReadData(Run).Tokenizer);
        Assert.Equal(hasWords, File.Exists(Path.Combine(Run, "tokenizer.json")));
        Directory.Delete(vocabulary, recursive: true);
        Assert.Equal(0, FreezeRun.With(names, "eval", Run, "--data", $"csv:{table},text=text").Code);
        File.Delete(table);
        string texts = Path.Combine(folder.Root, "texts.txt");
        File.WriteAllLines(texts, ["a bad film", "a good film", "a bad film"]);
        FreezeRun predicted = FreezeRun.With(names, "predict", Run, texts);
        Assert.Equal((0, ""), (predicted.Code, predicted.Error));
        Assert.Equal(["no", "yes", "no"], predicted.PlainLines().Skip(1).Select(line => line.Split(',')[1]));
        File.WriteAllLines(texts, ["a\tb", "c"]);
        Assert.Contains("expected two texts a line, as the first has, found one at line 2", FreezeRun.With(names, "predict", Run, texts).Error, StringComparison.Ordinal);
        // A second run in its place leaves nothing of it.
        File.WriteAllLines(table, ["text,label", .. Enumerable.Range(0, 30).Select(i => $"{i},{i % 2}")]);
        FreezeRun again = FreezeRun.With(known => known.Models.Add("bag", "bag", "Takes bytes.", _ => new ModelSpec((_, outputs) => new BagOfTokens(259, outputs), [12], 2)), "train", "--model", "bag", "--data", $"csv:{table},text=text", "--epochs", "1", "--batch", "8", "--device", "cpu", "--out", Run, "--policy", "never", "--overwrite");
        Assert.Equal((0, ""), (again.Code, again.Error));
        Assert.False(File.Exists(Path.Combine(Run, "tokenizer.json")));
    }

    private static void Names(RunCatalogues names) => Add(names, TokenTasks.Splits());

    private static void Add(RunCatalogues names, DataSplits data)
    {
        names.Models.Add("bag", "bag", "Takes a batch of tokens.", _ => new ModelSpec(
            (sample, outputs) => sample.Rank == 1 ? new BagOfTokens(TokenTasks.Vocabulary, outputs) : throw new ShapeException($"bag: expected tokens, found {sample[0]} × {sample[1]}."), [12], TokenTasks.Classes));
        names.Data.Add("made", _ => () => data);
    }
}
