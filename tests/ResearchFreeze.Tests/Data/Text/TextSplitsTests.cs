using System.Text;
using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

public sealed class TextSplitsTests : IDisposable
{
    private static readonly ITokenizer Bytes = new ByteVocabulary();

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void OneTextHasItsFrameAndIsCut()
    {
        DataSplits data = One("abc", "abcdefgh").Tokenise(Bytes, 6);
        Assert.Equal([1, 100, 101, 102, 2], data.Train.TokensOf(0).ToArray());
        Assert.Equal([1, 100, 101, 102, 103, 2], data.Train.TokensOf(1).ToArray());
        Assert.Equal((6, false), (data.Train.SampleShape[0], data.Train.HasSegments));
        Assert.Equal(["no", "yes"], data.Train.ClassNames!);
        Assert.Contains("1 of 5 samples are longer than 6 tokens and were cut (length=… takes more)", data.Remarks);
        Assert.DoesNotContain(One("abc").Tokenise(Bytes, 6).Remarks, remark => remark.Contains("cut", StringComparison.Ordinal));
    }

    // Five tokens stay of two texts, or four: begin, end and end stand around them.
    [Theory]
    [InlineData("ab", "cd", 8, "[ab][cd]")]
    [InlineData("abcdef", "xy", 8, "[abc][xy]")]
    [InlineData("ab", "uvwxyz", 8, "[ab][uvw]")]
    [InlineData("abcdef", "uvwxyz", 8, "[abc][uv]")]
    [InlineData("abcde", "uvwxyz", 8, "[ab][uvw]")]
    [InlineData("abcdef", "uvwxyz", 7, "[ab][uv]")]
    public void OfTwoTextsTheLongerOneIsCut(string first, string second, int length, string kept)
    {
        var sample = new TextSample(first, 0, second);
        HostDataSet data = new TextSplits("pairs", [sample], [sample], [sample], ["a"]).Tokenise(Bytes, length).Train;
        string text = string.Concat(data.TokensOf(0).ToArray().Select((id, i) => id == 1 ? "[" : id == 2 ? i == data.LengthOf(0) - 1 ? "]" : "][" : $"{(char)(id - 3)}"));
        Assert.Equal(kept, text);
        var segments = new int[data.LengthOf(0)];
        data.CopySegments(0, segments);
        Assert.Equal(kept.IndexOf("][", StringComparison.Ordinal) + 1, segments.Count(segment => segment == 0));
    }

    [Fact]
    public void WhatAVocabularyDoesNotHaveIsSaid()
    {
        folder.Write("vocab.txt", Encoding.UTF8.GetBytes("[PAD]\n[UNK]\n[CLS]\n[SEP]\nabc\n"));
        DataSplits data = One("abc xyz", "abc").Tokenise(TextTokenizers.Open(folder.Root), 16);
        Assert.Contains("4 of 6 tokens are unknown to the vocabulary", data.Remarks);
        Assert.Equal([2, 4, 1, 3], data.Train.TokensOf(0).ToArray());
    }

    [Fact]
    public void ATextThatIsLearntAndMeasuredIsSaid()
    {
        var data = new TextSplits("texts", [new("a", 0), new("b", 0)], [new("c", 0)], [new("b", 0), new("d", 0), new("b", 0)], ["x"]);
        Assert.Equal(["texts: 2 of 3 test texts are training texts too", "tokens: bytes: 259 tokens, 3 of them special"], data.Tokenise(Bytes, 8).Remarks);
    }

    [Fact]
    public void ATextThatLeavesNoTokenAndALengthThatLeavesNoneAreRefused()
    {
        Assert.Equal("texts: samples of at least 3 tokens (2 stand around the texts), found a length of 2. (Parameter 'length')", Assert.Throws<ArgumentOutOfRangeException>(() => One("abc").Tokenise(Bytes, 2)).Message);
        var pairs = new BytePairVocabulary(BytePairTests.Vocabulary("<|endoftext|>"), BytePairTests.Merges);
        Assert.Equal("texts, training: expected texts of at least one token, found none in sample 0.", Assert.Throws<DataFormatException>(() => One("").Tokenise(pairs, 8)).Message);
        Assert.Contains("one text a sample", Assert.Throws<DataFormatException>(() => new TextSplits("mixed", [new("a", 0), new("a", 0, "b")], [new("a", 0)], [new("a", 0)], ["x"])).Message, StringComparison.Ordinal);
        Assert.Contains("labels in [0, 1)", Assert.Throws<DataFormatException>(() => new TextSplits("labels", [new("a", 1)], [new("a", 0)], [new("a", 0)], ["x"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheTokenizerIsThatOfTheSpecOrOfTheModelOrBytes()
    {
        folder.Write("vocab.txt", Encoding.UTF8.GetBytes("[PAD]\n[UNK]\n[CLS]\n[SEP]\nabc\n"));
        var sets = new Catalogue<TextSource>("text data set");
        sets.Add("mine", spec => TextSource.Of(spec, () => One("abc", "abc abc abc")));
        Func<ITokenizer> ofModel = () => TextTokenizers.Open(folder.Root);
        Assert.Equal((259, 256), Of(HostDatasets.Load("mine", HostDatasets.Catalogue(), sets)));
        Assert.Equal((5, 64), Of(HostDatasets.Load("mine", HostDatasets.Catalogue(), sets, ofModel)));
        Assert.Equal((259, 12), Of(HostDatasets.Load("mine:tokenizer=bytes,length=12", HostDatasets.Catalogue(), sets, ofModel)));
        Assert.Equal((5, 64), Of(HostDatasets.Load($"mine:tokenizer=bert:{folder.Root}", HostDatasets.Catalogue(), sets)));
        Assert.Equal(1, HostDatasets.Load("mine:classes=1", HostDatasets.Catalogue(), sets).ClassCount);
        Assert.Contains("length must be 1 or more, found 0", Assert.Throws<ArgumentException>(() => HostDatasets.Load("mine:length=0", HostDatasets.Catalogue(), sets)).Message, StringComparison.Ordinal);
        Assert.Contains("known are cifar10, ", Assert.Throws<ArgumentException>(() => HostDatasets.Load("other", HostDatasets.Catalogue(), sets)).Message, StringComparison.Ordinal);
        Assert.Contains(", mine, ", Assert.Throws<ArgumentException>(() => HostDatasets.Load("other", HostDatasets.Catalogue(), sets)).Message, StringComparison.Ordinal);

        static (int, int) Of(DataSplits data) => (data.Train.VocabularySize, data.SampleShape[0]);
    }

    private static TextSplits One(params string[] texts) =>
        new("texts", [.. texts.Select((text, i) => new TextSample(text, i % 2)), new TextSample("b", 1)], [new TextSample("a", 1)], texts.Length > 1 ? [new TextSample("a", 1)] : [new TextSample("a", 0)], ["no", "yes"]);
}
