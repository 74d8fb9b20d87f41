using System.Text;
using System.Text.Json;
using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

/// <summary>Tokenizers from folders as Hugging Face's models have them.</summary>
public sealed class TextTokenizersTests : IDisposable
{
    private const string Words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\n##s\n";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(Words)]
    [InlineData("[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\nthe\r\ncat\r\n##s")]
    public void A_vocabulary_has_the_line_ends_of_any_system(string text)
    {
        Write("vocab.txt", text);
        ITokenizer tokenizer = TextTokenizers.Open(folder.Root);
        Assert.Equal(8, tokenizer.VocabularySize);
        Assert.Equal([5, 6, 7], tokenizer.Encode("The cats"));
        Assert.EndsWith("8 tokens, in lower case (guessed, since no token has a capital)", tokenizer.Description, StringComparison.Ordinal);
        Assert.Equal([5], TextTokenizers.Open($"bert:{folder.Root}").Encode("the"));
    }

    [Fact]
    public void The_configuration_is_read()
    {
        Write("vocab.txt", Words.Replace("[CLS]", "<c>", StringComparison.Ordinal));
        Write("tokenizer_config.json", """{"do_lower_case": false, "cls_token": {"content": "<c>"}}""");
        ITokenizer tokenizer = TextTokenizers.Open(folder.Root);
        Assert.Equal([1, 6, 2], tokenizer.Encode("The cat<c>"));
        Assert.EndsWith("8 tokens, cased", tokenizer.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cased_vocabulary_is_seen_to_be_one()
    {
        Write("vocab.txt", Words + "The\n");
        Assert.Equal([8, 1], TextTokenizers.Open(folder.Root).Encode("The THE"));
    }

    [Fact]
    public void Byte_pairs_are_two_files_or_one()
    {
        Dictionary<string, int> ids = BytePairTests.Vocabulary("<|endoftext|>");
        string vocabulary = JsonSerializer.Serialize(ids);
        Write("vocab.json", vocabulary);
        Write("merges.txt", $"#version: 0.2\r\n{string.Join("\r\n", BytePairTests.Merges)}\r\n");
        ITokenizer two = TextTokenizers.Open(folder.Root);
        int[] expected = [ids["t"], ids["he"], ids["Ġthe"]];
        Assert.Equal(expected, two.Encode("the the"));
        File.Delete(Path.Combine(folder.Root, "merges.txt"));
        foreach (string merges in (string[])[JsonSerializer.Serialize(BytePairTests.Merges), JsonSerializer.Serialize(BytePairTests.Merges.Select(merge => merge.Split(' ')))])
        {
            ids.Remove("<|endoftext|>");
            string whole = $$$"""{"added_tokens": [{"id": {{{ids.Count}}}, "content": "<|endoftext|>"}], "pre_tokenizer": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": {{{JsonSerializer.Serialize(ids)}}}, "merges": {{{merges}}}}}""";
            Write("tokenizer.json", whole);
            ITokenizer one = TextTokenizers.Open(folder.Root);
            Assert.Equal(expected, one.Encode("the the"));
            Assert.Equal(ids.Count, one.PadId);
        }
    }

    [Fact]
    public void Word_pieces_may_be_one_file()
    {
        Write("tokenizer.json", """{"normalizer": {"type": "BertNormalizer", "lowercase": false, "strip_accents": null}, "model": {"type": "WordPiece", "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "the": 4}}}""");
        Assert.Equal([4, 1], TextTokenizers.Open(folder.Root).Encode("the The"));
    }

    [Fact]
    public void A_tokenizer_that_is_kept_is_the_same()
    {
        ITokenizer[] tokenizers =
        [
            new WordPieceVocabulary(["<pad>", "[UNK]", "[CLS]", "[SEP]", "a", "é", "É", "##b", "[MASK]"], new WordPieceSettings { LowerCase = true, StripAccents = false, Pad = "<pad>" }),
            new WordPieceVocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "é", "É", "##b"], new WordPieceSettings { LowerCase = false, SplitChinese = false }),
            new BytePairVocabulary(BytePairTests.Vocabulary("<|endoftext|>"), BytePairTests.Merges),
            new BytePairVocabulary(BytePairTests.Vocabulary("<s>", "<pad>", "</s>", "<mask>"), BytePairTests.Merges, BytePairSettings.Roberta with { AddPrefixSpace = true }),
            new BytePairVocabulary(BytePairTests.Vocabulary("<s>", "<pad>", "</s>", "<odd>"), BytePairTests.Merges, new BytePairSettings { Pad = "<pad>", Separator = "<odd>", Specials = ["<odd>"] }),
        ];
        foreach (ITokenizer tokenizer in tokenizers)
        {
            Write("kept.json", tokenizer.ToJson()!);
            ITokenizer again = TextTokenizers.OpenFile(Path.Combine(folder.Root, "kept.json"));
            foreach (string text in (string[])["a ab É é 中国 [MASK]", "the in <s> <odd> the<mask>"]) Assert.Equal(tokenizer.Encode(text), again.Encode(text));
            Assert.Equal((tokenizer.PadId, tokenizer.UnknownId, tokenizer.VocabularySize, tokenizer.Frame.HasSegments), (again.PadId, again.UnknownId, again.VocabularySize, again.Frame.HasSegments));
            Assert.Equal([.. tokenizer.Frame.Before, -1, .. tokenizer.Frame.Between, -1, .. tokenizer.Frame.After], [.. again.Frame.Before, -1, .. again.Frame.Between, -1, .. again.Frame.After]);
            Assert.Equal(tokenizer.ToJson(), again.ToJson());
        }
        Assert.Null(((ITokenizer)new ByteVocabulary()).ToJson());
    }

    [Theory]
    [InlineData("tokenizer.json", """{"model": {"type": "Unigram", "vocab": []}}""", "a model of type WordPiece or BPE, found Unigram")]
    [InlineData("tokenizer.json", """{"model": {"type": "BPE", "vocab": {}, "merges": []}}""", "byte pairs with a pre-tokenizer ByteLevel")]
    [InlineData("tokenizer.json", "[]", "an object of JSON")]
    [InlineData("tokenizer.json", "{\n{", "something else at line 2")]
    [InlineData("tokenizer.json", """{"model": {"type": "WordPiece", "vocab": {"a": 0, "b": 0}}}""", "ids 0 … 1, each once, found 0 of 'b'")]
    [InlineData("tokenizer.json", """{"model": {"type": "WordPiece", "vocab": {"a": 0, "\ud800": 1}}}""", "half a one")]
    [InlineData("vocab.txt", "the\n", "the token [PAD], found none")]
    [InlineData("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\na\n", "'a' as ids 4 and 5")]
    [InlineData("notes.txt", "", "found none of them")]
    public void What_is_wrong_is_one_line(string file, string text, string message)
    {
        Write(file, text);
        string found = Assert.ThrowsAny<IOException>(() => TextTokenizers.Open(folder.Root)).Message;
        Assert.Contains(message, found, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', found);
        Assert.Contains(folder.Root, found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_is_bytes_or_a_folder()
    {
        Assert.IsType<ByteVocabulary>(TextTokenizers.Open("bytes"));
        Assert.Equal("Tokenizer: expected bytes, or a folder, found no 'nowhere'.", Assert.Throws<DirectoryNotFoundException>(() => TextTokenizers.Open("nowhere")).Message);
    }

    private void Write(string name, string text) => folder.Write(name, Encoding.UTF8.GetBytes(text));
}
