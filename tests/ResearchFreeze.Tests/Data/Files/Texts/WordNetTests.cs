using System.Text;
using ResearchFreeze.Data;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

public sealed class WordNetTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("a small thing", "a small thing")]
    [InlineData("a small thing; \"they saw a small thing\"; \"another\"  ", "a small thing")]
    [InlineData("cut; make two of one; \"he cut it\"", "cut; make two of one")]
    [InlineData("a change:\"it changed\"", "a change")]
    [InlineData("restrict or confine, \"I limit you\"", "restrict or confine")]
    [InlineData("progress (in the phrase \"make strides\")", "progress (in the phrase \"make strides\")")]
    public void ADefinitionEndsAtItsFirstExample(string gloss, string definition) => Assert.Equal(definition, WordNetFile.Definition(gloss));

    [Fact]
    public void PartsAreApartBalancedAndTheSameEverywhere()
    {
        Write("noun", Enumerable.Range(0, 400).Select(i => (i % 3 == 0 ? 6 : i % 3 == 1 ? 18 : 5, $"thing number {i}")).Append((6, "said of both")).Append((18, "said of both")).Append((6, "thing number 0")).Append((28, "too few")));
        TextSplits nouns = WordNet.Nouns(folder.Root, new WordNetSizes(100, 30, 60), 10);
        Assert.Equal(["noun.animal", "noun.artifact", "noun.person"], nouns.ClassNames);
        Assert.Equal("404 definitions, 402 different ones, 1 with several classes left out", nouns.Reading);
        Assert.Equal([34, 33, 33], Enumerable.Range(0, 3).Select(label => nouns.Train.Count(sample => sample.Label == label)));
        Assert.Equal((30, 60), (nouns.Validation.Count, nouns.Test.Count));
        string[] all = [.. nouns.Train.Concat(nouns.Validation).Concat(nouns.Test).Select(sample => sample.Text)];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.DoesNotContain("said of both", all);
        Assert.All(nouns.Train, sample => Assert.Equal(int.Parse(sample.Text.Split(' ')[2], null) % 3, (sample.Label + 2) % 3));
        // A definition more does not move the others to another part.
        Write("noun", Enumerable.Range(0, 400).Select(i => (i % 3 == 0 ? 6 : i % 3 == 1 ? 18 : 5, $"thing number {i}")).Reverse().Append((6, "thing number 999")));
        TextSplits again = WordNet.Nouns(folder.Root, new WordNetSizes(100, 30, 60), 10);
        Assert.InRange(again.Test.Intersect(nouns.Train).Count(), 0, 1);
    }

    [Fact]
    public void PartsOfSpeechAreClasses()
    {
        foreach (string part in (string[])["noun", "verb", "adj", "adv"]) Write(part, Enumerable.Range(0, 30).Select(i => (part switch { "noun" => 6, "verb" => 30, "adj" => i % 2, _ => 2 }, $"{part} {i}")));
        TextSplits parts = WordNet.PartsOfSpeech(folder.Root, new WordNetSizes(60, 20, 30));
        Assert.Equal(["adjective", "adverb", "noun", "verb"], parts.ClassNames);
        Assert.All(parts.Test, sample => Assert.StartsWith(sample.Text[..2], parts.ClassNames[sample.Label], StringComparison.Ordinal));
        DataSplits data = parts.Tokenise(new ByteVocabulary(), 8);
        Assert.Equal((60, 20, 30, 259), (data.Train.Count, data.Validation.Count, data.Test.Count, data.Train.VocabularySize));
        Assert.Contains(data.Remarks, remark => remark.EndsWith("samples are longer than 8 tokens and were cut (length=… takes more)", StringComparison.Ordinal));
        Assert.Contains(data.Remarks, remark => remark.StartsWith("wordnet-pos: 60 training definitions, SHA-256 ", StringComparison.Ordinal));
        Assert.Equal("tokens: bytes: 259 tokens, 3 of them special", data.Remarks.Single(remark => remark.StartsWith("tokens", StringComparison.Ordinal)));
    }

    /// <summary>Beside accuracy, in <c>train</c> and in <c>eval</c>; whoever asks for it as well has it once.</summary>
    [Fact]
    public void MacroF1IsMeasuredWithoutBeingAsked()
    {
        foreach (string part in (string[])["noun", "verb", "adj", "adv"]) Write(part, Enumerable.Range(0, 30).Select(i => (part switch { "noun" => 6, "verb" => 30, "adj" => i % 2, _ => 2 }, $"{part} {i}")));
        string run = Path.Combine(folder.Root, "run");
        TextSplits small = WordNet.PartsOfSpeech(folder.Root, new WordNetSizes(60, 20, 30));
        Action<RunCatalogues> names = known => known.Texts.Add("small", spec => TextSource.Of(spec, () => small));
        foreach (string[] asked in (string[][])[[], ["--metrics", "macro-f1"]])
        {
            FreezeRun trained = FreezeRun.With(names, ["train", "--model", "bert:width=8,layers=1,heads=2", "--data", "small:length=12", "--epochs", "1", "--policy", "never", "--device", "cpu", "--out", run, "--overwrite", .. asked]);
            Assert.Equal((0, ""), (trained.Code, trained.Error));
            Assert.Single(trained.PlainLines(), line => line.StartsWith("test macro-f1", StringComparison.Ordinal));
            Assert.Contains("macro-f1", RunFolder.ReadSummary(run).Test.Keys);
        }
        Assert.Single(FreezeRun.With(names, "eval", run, "--device", "cpu").PlainLines(), line => line.StartsWith("macro-f1", StringComparison.Ordinal));
        Assert.DoesNotContain(FreezeRun.With(names, "eval", run, "--device", "cpu", "--metrics", "loss").PlainLines(), line => line.StartsWith("macro-f1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("00001740 zz n 01 a 0 000 | text\n", "expected the number of a lexicographer file, 00 to 44, as second field")]
    [InlineData("  licence\n00001740 03 n 01 a 0 000\n", "expected a definition behind ' | ', found none at line 2.")]
    [InlineData("00001740 03 n 01 a 0 000 | ; \"only an example\"\n", "expected a definition behind ' | ', found none at line 1.")]
    [InlineData("  licence\n", "expected synsets, a line each, found none.")]
    [InlineData("00001740 03 n 01 a 0 000 | text\n", "expected at least 35000 different definitions, found 0.")]
    public void WhatIsWrongIsOneLine(string text, string message)
    {
        folder.Write("data.noun", Encoding.UTF8.GetBytes(text));
        Assert.Contains(message, Assert.Throws<DataFormatException>(() => WordNet.Nouns(folder.Root)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsMissingIsSaidWithWhatToInstall() =>
        Assert.Equal($"WordNet: no file {folder.Root}/data.verb; install it with: apt-get install wordnet-base, or name a folder with folder=…", Assert.Throws<FileNotFoundException>(() => HostDatasets.Load($"wordnet-verbs:folder={folder.Root}")).Message);

    /// <summary>Of WordNet 3.0, worked out by another program.</summary>
    [Theory]
    [InlineData("wordnet-nouns", "82115 definitions, 81484 different ones, 8 with several classes left out", 19, "12000 c9380b8dc3a18f0d 3000 6a6b7148c63ec9ad 20000 1a4d2d8f806c793c")]
    [InlineData("wordnet-verbs", "13767 definitions, 13634 different ones, 51 with several classes left out", 15, "8000 e1d1793ff57a1728 1000 693622a44d751f19 4000 224d049061676829")]
    [InlineData("wordnet-pos", "117659 definitions, 116697 different ones, 20 with several classes left out", 4, "12000 eb00829b052099ef 3000 05358091a414b77a 20000 c8b8fcc1ddc0f886")]
    public void TheRealSetsAreWhatTheyWere(string name, string reading, int classes, string parts)
    {
        Assert.SkipUnless(Directory.Exists(WordNet.Folder), $"There is no {WordNet.Folder}: the package wordnet-base is not installed.");
        TextSplits texts = name switch { "wordnet-nouns" => WordNet.Nouns(), "wordnet-verbs" => WordNet.Verbs(), _ => WordNet.PartsOfSpeech() };
        Assert.Equal((reading, classes), (texts.Reading, texts.ClassNames.Count));
        Assert.Equal(parts, string.Join(' ', ((IReadOnlyList<TextSample>[])[texts.Train, texts.Validation, texts.Test]).Select(part => $"{part.Count} {WordNet.Hash(part, texts.ClassNames)[..16]}")));
        string[] words = parts.Split(' ');
        Assert.Equal([$"{name}: {words[0]} training definitions, SHA-256 {words[1]}…", $"{name}: {words[2]} validation definitions, SHA-256 {words[3]}…", $"{name}: {words[4]} test definitions, SHA-256 {words[5]}…"], texts.Remarks);
    }

    private void Write(string part, IEnumerable<(int File, string Text)> glosses) => folder.Write(
        $"data.{part}", Encoding.UTF8.GetBytes("  1 A licence, say.\n" + string.Concat(glosses.Select((gloss, i) => FormattableString.Invariant($"{i:D8} {gloss.File:D2} n 01 word 0 001 @ 00001930 n 0000 | {gloss.Text}; \"an example\"  \n")))));
}
