using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

/// <summary>Byte pairs worked out by hand.</summary>
public sealed class BytePairTests
{
    internal static readonly string[] Merges = ["h e", "Ġ t", "Ġt he", "i n", "Ã ©", "l l"];

    [Theory]
    [InlineData("the the in", "t he Ġthe Ġ in")]
    [InlineData("hello café", "he ll o Ġ c a f Ã©")]
    [InlineData("it's 12  the", "i t ' s Ġ 1 2 Ġ Ġthe")]
    [InlineData("😀", "ð Ł ĺ Ģ")]
    [InlineData("the\n\n", "t he Ċ Ċ")]
    [InlineData("the<|endoftext|>the", "t he <|endoftext|> t he")]
    [InlineData("", "")]
    public void Pairs(string text, string pairs)
    {
        var vocabulary = new BytePairVocabulary(Vocabulary("<|endoftext|>"), Merges);
        Assert.Equal(pairs, string.Join(' ', vocabulary.Encode(text).Select(vocabulary.TokenOf)));
        Assert.Equal(SampleFrame.None.OfTwo, vocabulary.Frame.OfTwo);
    }

    [Fact]
    public void Roberta_has_its_own_frame_and_may_begin_with_a_space()
    {
        Dictionary<string, int> ids = Vocabulary("<s>", "<pad>", "</s>", "<unk>", "<mask>");
        var vocabulary = new BytePairVocabulary(ids, Merges, BytePairSettings.Roberta with { AddPrefixSpace = true });
        Assert.Equal("Ġthe <mask> Ġthe", string.Join(' ', vocabulary.Encode("the<mask> the").Select(vocabulary.TokenOf)));
        Assert.Equal([ids["<s>"], ids["</s>"], ids["</s>"], ids["</s>"]], [.. vocabulary.Frame.Before, .. vocabulary.Frame.Between, .. vocabulary.Frame.After]);
        Assert.Equal((false, ids["<pad>"]), (vocabulary.Frame.HasSegments, vocabulary.PadId));
    }

    [Fact]
    public void What_is_missing_is_said()
    {
        Dictionary<string, int> ids = Vocabulary("<|endoftext|>");
        Assert.Equal("vocabulary: expected the token 'xy', of merge 1, found none.", Assert.Throws<DataFormatException>(() => new BytePairVocabulary(ids, ["x y"])).Message);
        Assert.Contains("merges of two tokens", Assert.Throws<DataFormatException>(() => new BytePairVocabulary(ids, ["x"])).Message, StringComparison.Ordinal);
        ids["one too far"] = 5000;
        Assert.Contains("found 5000 of 'one too far'", Assert.Throws<DataFormatException>(() => new BytePairVocabulary(ids, [])).Message, StringComparison.Ordinal);
        Dictionary<string, int> few = new() { ["!"] = 0 };
        Assert.Contains("a token for each of the 256 bytes", Assert.Throws<DataFormatException>(() => new BytePairVocabulary(few, [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_know_any_text()
    {
        var bytes = new ByteVocabulary();
        Assert.Equal([68, 198, 172], bytes.Encode("Aé"));
        Assert.Equal(["[PAD]", "0x41"], ((int[])[0, 68]).Select(bytes.TokenOf));
        Assert.Equal((259, 0, 2, 3), (bytes.VocabularySize, bytes.PadId, bytes.Frame.OfOne, bytes.Frame.OfTwo));
    }

    /// <summary>A token a byte, one a merge, and special ones.</summary>
    internal static Dictionary<string, int> Vocabulary(params string[] specials)
    {
        int others = 0;
        IEnumerable<string> bytes = Enumerable.Range(0, 256).Select(value => $"{(value is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174 ? (char)value : (char)(256 + others++))}");
        return ((string[])[.. bytes, .. Merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal)), .. specials]).Index().ToDictionary(pair => pair.Item, pair => pair.Index);
    }
}
