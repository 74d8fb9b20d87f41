using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>What models of next tokens go on with.</summary>
public sealed class TextGeneratorTests : IDisposable
{
    private static readonly ByteVocabulary Bytes = new();

    private readonly TemporaryFolder folder = new();

    private string Run => Path.Combine(folder.Root, "run");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void TheMostProbableTokenIsTakenAndTheWindowSlides()
    {
        using var device = new ReferenceDevice();
        using Oldest model = new Oldest().Initialize(device, 1);
        var generator = new TextGenerator(model, Bytes, window: 3);
        // The model repeats the oldest token that it sees: with a window of 3, a period of 3.
        Continuation found = generator.Continue("xabc", new GenerationOptions { Tokens = 7 });
        Assert.Equal(("abcabca", 7), (found.Text, found.Forgotten));
        Assert.Equal(Bytes.Encode("abcabca"), found.Ids);
        Assert.Equal(0, generator.Continue("ab", new GenerationOptions { Tokens = 2 }).Forgotten);
        Assert.Equal(1, generator.Continue("ab", new GenerationOptions { Tokens = 3 }).Forgotten);
        Assert.True(model.IsTraining);
        Assert.Equal(device.Counters.LiveBytes, device.Counters.Live(MemoryKind.Parameter));
    }

    [Fact]
    public void WhatIsDrawnFollowsFromSeedAndSample()
    {
        using var device = new CpuDevice(1);
        using TextTransformer model = Gpt().Initialize(device, 3);
        var generator = new TextGenerator(model, Bytes, 16);
        var options = new GenerationOptions { Tokens = 12, Temperature = 1, Seed = 5 };
        IReadOnlyList<int> first = generator.Continue("a b", options).Ids;
        Assert.Equal(first, generator.Continue("a b", options).Ids);
        Assert.NotEqual(first, generator.Continue("a b", options, sample: 1).Ids);
        Assert.NotEqual(first, generator.Continue("a b", options with { Seed = 6 }).Ids);
        // Next to nothing is left to chance.
        Assert.Equal(generator.Continue("a b", options with { Temperature = 0 }).Ids, generator.Continue("a b", options with { Temperature = 1e-9 }).Ids);
    }

    /// <summary>The code of <c>docs/transformers.md</c>.</summary>
    [Fact]
    public void ThePagesCodeRuns()
    {
        using var device = new CpuDevice(1);
        using TextTransformer model = Gpt().Initialize(device, 3);
        ByteVocabulary tokenizer = Bytes;
        {
            var generator = new TextGenerator(model, tokenizer, window: 32);
            Continuation more = generator.Continue("the cat", new GenerationOptions { Tokens = 20, Temperature = 0.8, Seed = 1 });
            Assert.Equal(20, more.Ids.Count);
        }
        string page = File.ReadAllText(Path.Combine(ReadmeTests.Root, "docs", "transformers.md")), here = File.ReadAllText(Path.Combine(ReadmeTests.Root, "tests", "ResearchFreeze.Tests", "Training", "Generation", "TextGeneratorTests.cs"));
        string code = page.Split("## Text from a model")[1].Split("```csharp\n")[1].Split("```")[0];
        foreach (string line in code.Trim().Split('\n')) Assert.Contains(line.Trim(), here, StringComparison.Ordinal);
    }

    [Fact]
    public void DrawsHaveTheModelsProbabilities()
    {
        using var device = new ReferenceDevice();
        using Oldest model = new Oldest().Initialize(device, 1);
        var generator = new TextGenerator(model, Bytes, 1);
        // The oldest token has e times the weight of each of the other 258.
        int[] drawn = [.. generator.Continue("a", new GenerationOptions { Tokens = 1 }, 0).Ids];
        int hits = Enumerable.Range(0, 2000).Count(sample => generator.Continue(drawn, new GenerationOptions { Tokens = 1, Temperature = 1, Seed = 9 }, sample).Ids[0] == drawn[0]);
        double expected = Math.Exp(6) / (Math.Exp(6) + 258);
        Assert.Equal(expected, hits / 2000.0, 4 * Math.Sqrt(expected * (1 - expected) / 2000));
    }

    [Theory]
    [InlineData("", 4, 0, "expected a beginning of at least one token, found none")]
    [InlineData("a", 0, 0, "expected at least one token to add, found 0")]
    [InlineData("a", 4, -1, "the temperature must be 0 or more and finite, found -1")]
    [InlineData("a", 4, double.NaN, "the temperature must be 0 or more and finite, found NaN")]
    public void WhatIsOutOfRangeIsOneLine(string prompt, int tokens, double temperature, string message)
    {
        using var device = new ReferenceDevice();
        using Oldest model = new Oldest().Initialize(device, 1);
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => new TextGenerator(model, Bytes, 3).Continue(prompt, new GenerationOptions { Tokens = tokens, Temperature = temperature })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ARunPrintsSamplesAndPredictGoesOn()
    {
        string text = Path.Combine(folder.Root, "text.txt"), prompts = Path.Combine(folder.Root, "prompts.txt");
        File.WriteAllText(text, string.Concat(Enumerable.Repeat("the cat sat on the mat.\n", 200)));
        string[] args = ["train", "--model", "gpt:width=32,layers=1,heads=2", "--data", $"text:{text},length=32", "--epochs", "6", "--batch", "4", "--lr", "0.01", "--policy", "never", "--device", "cpu", "--threads", "1"];
        FreezeRun trained = FreezeRun.Of([.. args, "--out", Run]);
        Assert.Equal((0, ""), (trained.Code, trained.Error));
        string[] samples = [.. trained.PlainLines().SkipWhile(line => !line.StartsWith("text samples", StringComparison.Ordinal)).Take(4)];
        Assert.Equal("text samples   test data | 128 tokens by the last weights, temperature 0.8, seed 42; the model sees the last 32 tokens", samples[0]);
        Assert.All(samples[1..], line => Assert.Contains(" | ", line, StringComparison.Ordinal));
        Assert.Equal(samples, FreezeRun.Of([.. args, "--out", $"{Run}2"]).PlainLines().SkipWhile(line => !line.StartsWith("text samples", StringComparison.Ordinal)).Take(4));

        File.WriteAllLines(prompts, ["the cat", "the cat sat on"]);
        FreezeRun predicted = FreezeRun.Of("predict", Run, prompts, "--tokens", "16", "--device", "cpu");
        Assert.Equal((0, ""), (predicted.Code, predicted.Error));
        Assert.Equal("sample,continuation\n0, sat on the mat.\n1, the mat.\nthe ca", predicted.Output.Replace("\"", "", StringComparison.Ordinal).TrimEnd());
        FreezeRun longer = FreezeRun.Of("predict", Run, prompts, "--tokens", "40", "--temperature", "0.5", "--format", "jsonl", "--device", "cpu");
        Assert.Equal("warning: 2 of 2 texts grew longer than the 32 tokens that the model sees: it went on without their beginning", longer.Error.TrimEnd());
        Assert.All(longer.Output.TrimEnd().Split('\n'), line => Assert.Matches("""^\{"sample":\d,"continuation":".+"\}$""", line));
        Assert.Contains("--all has no effect", FreezeRun.Of("predict", Run, prompts, "--all").Error, StringComparison.Ordinal);
        Assert.Contains("--tokens has no effect", FreezeRun.Of("predict", Run, "--data", $"text:{text}", "--tokens", "3").Error, StringComparison.Ordinal);
        File.WriteAllLines(prompts, ["the cat", ""]);
        Assert.Contains("expected texts of at least one token, found none at line 2", FreezeRun.Of("predict", Run, prompts).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void TextsAreWhatTheirTokensSay()
    {
        Assert.Equal("Grüße, 語\n", Bytes.Decode(Bytes.Encode("Grüße, 語\n")));
        Assert.Equal("[CLS]a\uFFFD", Bytes.Decode([1, 'a' + 3, 0xC3 + 3]));
        var pieces = new WordPieceVocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "play", "##ing", "##", "well"]);
        Assert.Equal("playing well [SEP]", pieces.Decode([.. pieces.Encode("Playing well"), 3]));
        var characters = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int value = 0, others = 0; value < 256; value++) characters.Add($"{(value is (>= '!' and <= '~') or (>= 0xa1 and <= 0xac) or >= 0xae ? (char)value : (char)(256 + others++))}", value);
        characters.Add("Ġa", 256);
        characters.Add("<|endoftext|>", 257);
        var pairs = new BytePairVocabulary(characters, ["Ġ a"]);
        Assert.Equal("Grüße a\n<|endoftext|>", pairs.Decode([.. pairs.Encode("Grüße a\n"), 257]));
        // Not all that the interface is asked of has a form of its own.
        Assert.Equal("x1 x2", ((ITokenizer)new Plain()).Decode([1, 2]));
    }

    private static TextTransformer Gpt() => new(new TextModelOptions(new TransformerOptions(16, 2) { IsCausal = true }, 1, Bytes.VocabularySize, 32, Bytes.VocabularySize) { Pooling = Pooling.None, IsTied = true });

    /// <summary>Outputs of 6 for the oldest token that it sees, and 0 for all others.</summary>
    private sealed class Oldest : Module<Batch>
    {
        public Oldest() => Register("unused", new Linear(1, 1));

        public override Tensor Forward(Batch input)
        {
            ArgumentNullException.ThrowIfNull(input);
            int length = input.Tokens!.Shape[1];
            var outputs = new float[length * Bytes.VocabularySize];
            for (int place = 0; place < length; place++) outputs[(place * Bytes.VocabularySize) + input.Tokens.ToArray()[0]] = 6;
            return Tensor.From(input.Tokens.Device, outputs, [1, length, Bytes.VocabularySize]);
        }
    }

    private sealed class Plain : ITokenizer
    {
        public string Description => "plain";

        public int VocabularySize => 3;

        public int PadId => 0;

        public int? UnknownId => null;

        public SampleFrame Frame => SampleFrame.None;

        public int[] Encode(string text) => [1];

        public string TokenOf(int id) => $"x{id}";
    }
}
