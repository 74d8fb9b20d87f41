using System.Text;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>Runs whose labels are of tokens.</summary>
public sealed class NextTokenTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Run => Path.Combine(folder.Root, "run");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ATextIsCutByPositionAndALabelIsTheTokenBehind()
    {
        DataSplits data = new PlainText("letters", "abcdefghijklmnopqrst", 0.25, 0.25).Tokenise(new ByteVocabulary(), 4);
        Assert.Equal((3, 1, 1), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.Equal("abcd|efgh|i", string.Join('|', Enumerable.Range(0, 3).Select(i => Letters(data.Train.TokensOf(i)))));
        Assert.Equal("klmn", Letters(data.Validation.TokensOf(0)));
        Assert.Equal("pqrs", Letters(data.Test.TokensOf(0)));
        var labels = new int[4];
        data.Train.CopyTokenLabels(1, labels);
        Assert.Equal("fghi", Letters(labels));
        data.Train.CopyTokenLabels(2, labels);
        Assert.Equal((int[])['j' + 3, -1, -1, -1], labels);
        Assert.Equal("20 characters, 20 tokens; samples of 4 tokens", data.Reading);
        Assert.Contains("at least two tokens a part", Assert.Throws<DataFormatException>(() => new PlainText("few", "abcdefghijk").Tokenise(new ByteVocabulary(), 4)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ARunLearnsWhatFollowsAndResumesBitForBit()
    {
        // a is followed by b, b by c, c by a: but for the first tokens nothing is left to guess.
        string path = folder.Write("text.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("abc", 500))));
        FreezeRun trained = FreezeRun.With(Names, "train", "--model", "each", "--data", $"text:{path},length=16", "--epochs", "8", "--batch", "8", "--lr", "0.5", "--device", "cpu", "--out", Run, "--checkpoint-every", "9", "--policy", "never");
        Assert.Equal((0, ""), (trained.Code, trained.Error));
        RunSummary summary = RunFolder.ReadSummary(Run);
        Assert.Equal("perplexity", summary.Primary);
        Assert.InRange(summary.Test["perplexity"]!.Value, 1, 1.1);
        Assert.Equal(Math.Exp(summary.Test["loss"]!.Value), summary.Test["perplexity"]!.Value, 1e-9);
        Assert.Equal(1, summary.Test["accuracy"]!.Value);
        byte[] weights = File.ReadAllBytes(Path.Combine(Run, "last.safetensors"));
        File.Delete(Path.Combine(Run, "summary.json"));
        FreezeRun resumed = FreezeRun.With(Names, "train", "--resume", Run);
        Assert.Equal((0, ""), (resumed.Code, resumed.Error));
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(Run, "last.safetensors")));
        Assert.Equal(0, FreezeRun.With(Names, "eval", Run, "--data", $"text:{path},length=16").Code);
        Assert.Contains("whose outputs are of tokens", FreezeRun.With(Names, "predict", Run, "--data", $"text:{path},length=16").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void OnlyTokensWithALabelAreMeasured()
    {
        using var device = new ReferenceDevice();
        HostDataSet host = HostDataSet.FromTokens(new TokenSamples([0, 1, 2, 0, 1], [0, 3, 5], 3) { TokenLabels = [1, -1, 0, -1, -1], TokenClasses = 2 }, "tags");
        var splits = new DataSplits("tags", host, host, host);
        Assert.IsType<TokenClassification>(Tasks.Of(splits));
        DataSets data = DataSets.On(splits, device, 1);
        using EachToken model = new EachToken(3, 2).Initialize(device, 4);
        using var scope = new Scope();
        Batch batch = data.Test.First(2);
        double[] logits = new double[2 * 3 * 2];
        Tensor outputs = model.Forward(batch);
        outputs.CopyTo(logits);
        double expected = (Cross(logits[..2], 1) + Cross(logits[4..6], 0)) / 2;
        MetricValue[] found = Metrics.Evaluate(model, data.Test, new LossMetric(), new AccuracyMetric());
        Assert.Equal(expected, found[0].Scalar, 1e-9);
        Assert.Equal(expected, new TokenClassification().Loss(outputs, batch).Item(), 1e-6);
        foreach (TensorBase tensor in batch.Tensors) tensor.Dispose();
        Assert.Equal(((logits[1] > logits[0] ? 1 : 0) + (logits[4] >= logits[5] ? 1 : 0)) / 2.0, found[1].Scalar);

        static double Cross(double[] row, int label) => Math.Log(row.Sum(Math.Exp)) - row[label];
    }

    /// <summary>Samples of 1 to 9 tokens, of which some have no label: each token that has one counts the same, in a step of several batches, in an epoch's loss, and where a set is measured.</summary>
    [Fact]
    public void EveryTokenCountsTheSame()
    {
        const int Samples = 24, Vocabulary = 5;
        var random = new Random(3);
        int[] lengths = [.. Enumerable.Range(0, Samples).Select(i => 1 + (i * 5 % 9))], starts = [.. lengths.Select((_, i) => lengths[..i].Sum()), lengths.Sum()];
        int[] ids = [.. Enumerable.Range(0, starts[^1]).Select(_ => random.Next(Vocabulary))], labels = [.. ids.Select(id => random.Next(3) == 0 ? -1 : (id + 1) % Vocabulary)];
        // A batch without any label has no part in its step.
        foreach (int sample in Enumerable.Range(0, Samples).Where(i => lengths[i] == 1)) labels[starts[sample]] = -1;
        HostDataSet host = HostDataSet.FromTokens(new TokenSamples(ids, starts, Vocabulary) { TokenLabels = labels }, "uneven");
        (double[] Weights, RunResult Result) whole = Trained(Samples, 1);
        foreach ((int batch, int accumulate) in ((int, int)[])[(8, 3), (5, 5), (2, 12)])
        {
            (double[] Weights, RunResult Result) parts = Trained(batch, accumulate);
            Assert.Equal(whole.Weights.Length, parts.Weights.Length);
            Assert.All(whole.Weights.Zip(parts.Weights), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
            Assert.Equal(whole.Result.FinalTrainLoss, parts.Result.FinalTrainLoss, 1e-6);
        }

        (double[], RunResult) Trained(int batch, int accumulate)
        {
            RunSettings settings = SmallRun.Settings with { Model = "few", Data = "uneven", Epochs = 1, BatchSize = batch, Accumulate = accumulate, Policy = "never", Device = "cpu", Optimizer = "sgd", LearningRate = 0.5f, Schedule = "constant" };
            var catalogues = new RunCatalogues();
            catalogues.Models.Add("few", "few", "Looks at one token.", _ => new ModelSpec((_, outputs) => new EachToken(Vocabulary, outputs), [9], Vocabulary));
            catalogues.Data.Add("uneven", _ => () => new DataSplits("uneven", host, host, host));
            using RunParts parts = RunParts.Resolve(settings, catalogues);
            RunResult result = new Trainer(parts).Run(TestContext.Current.CancellationToken);
            return ([.. parts.Model.Parameters().SelectMany(Networks.Bits)], result);
        }
    }

    /// <summary>More samples than a batch of an evaluation has, measured as one by one.</summary>
    [Fact]
    public void ASetIsMeasuredByItsTokens()
    {
        using var device = new ReferenceDevice();
        int[] lengths = [.. Enumerable.Range(0, 600).Select(i => 1 + (i % 11))], starts = [.. lengths.Index().Select(pair => lengths.Take(pair.Index).Sum()), lengths.Sum()];
        int[] ids = [.. Enumerable.Range(0, starts[^1]).Select(i => i * i % 7)];
        HostDataSet host = HostDataSet.FromTokens(new TokenSamples(ids, starts, 7) { TokenLabels = [.. ids.Select((id, i) => i % 4 == 0 ? -1 : (id + i) % 7)] }, "uneven");
        DataSets data = DataSets.On(new DataSplits("uneven", host, host, host), device, 1);
        using EachToken model = new EachToken(7, 7).Initialize(device, 4);
        double sum = 0;
        int tokens = 0;
        foreach (Batch batch in data.Test.Batches(1, 0))
        {
            using var scope = new Scope();
            int labelled = batch.TokenLabels!.ToArray().Count(label => label >= 0);
            if (labelled > 0) sum += labelled * new NextToken().Loss(model.Forward(batch), batch).Item();
            tokens += labelled;
        }
        MetricValue[] found = Metrics.Evaluate(model, data.Test, new LossMetric(), new Perplexity());
        Assert.Equal(sum / tokens, found[0].Scalar, 1e-9);
        Assert.Equal(Math.Exp(sum / tokens), found[1].Scalar, 1e-9);
    }

    [Theory]
    [InlineData("each", "made", "next-token", "expected a label for each token, for next-token")]
    [InlineData("each", "text", "classification", "found a label for each token (--task next-token, or token-classification)")]
    [InlineData("bag", "text", null, "need labels")]
    public void WhatDoesNotFitIsOneLine(string model, string data, string? task, string message)
    {
        string path = folder.Write("text.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("abc", 100))));
        FreezeRun run = FreezeRun.With(Names, ["train", "--model", model, "--data", data == "text" ? $"text:{path},length=8" : data, "--epochs", "1", "--device", "cpu", "--out", Run, .. task is null ? Array.Empty<string>() : ["--task", task]]);
        Assert.NotEqual(0, run.Code);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    private static string Letters(ReadOnlySpan<int> ids) => string.Concat(ids.ToArray().Select(id => (char)(id - 3)));

    private static void Names(RunCatalogues names)
    {
        names.Models.Add("each", "each", "Looks at one token.", _ => new ModelSpec((_, outputs) => new EachToken(259, outputs), [16], 259));
        names.Models.Add("bag", "bag", "Looks at all tokens.", _ => new ModelSpec((_, outputs) => new BagOfTokens(259, outputs), [16], 259));
        names.Data.Add("made", _ => TokenTasks.Splits);
    }

    /// <summary>Outputs for each token that depend on it alone.</summary>
    private sealed class EachToken : Module<Batch>
    {
        private readonly Embedding embedding;
        private readonly Linear head;

        public EachToken(int vocabulary, int outputs)
        {
            embedding = Register("embedding", new Embedding(vocabulary, 8));
            head = Register("head", new Linear(8, outputs));
        }

        public override Tensor Forward(Batch input)
        {
            ArgumentNullException.ThrowIfNull(input);
            Tensor flat = embedding.Forward(input.Tokens!).Reshape(-1, 8);
            return head.Forward(flat).Reshape([input.Tokens!.Shape[0], input.Tokens.Shape[1], -1]);
        }
    }
}
