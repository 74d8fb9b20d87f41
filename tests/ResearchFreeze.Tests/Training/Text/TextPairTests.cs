using ResearchFreeze.Data;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>A run on one text a sample is not used on pairs, nor the other way round, whatever its tokenizer puts between two.</summary>
public sealed class TextPairTests : IDisposable
{
    private const string One = "text=a", Two = "text=a+b";

    private readonly TemporaryFolder folder = new();

    private string Run => Path.Combine(folder.Root, "run");

    private string Texts => Path.Combine(folder.Root, "texts.csv");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(One, Two, "expected one text a sample, as the run had, found two")]
    [InlineData(Two, One, "expected two texts a sample, as the run had, found one")]
    public void ARunIsUsedOnAsManyTextsAsItHad(string trained, string other, string message)
    {
        Train(trained);
        Assert.Equal(trained == One ? 1 : 2, RunFolder.ReadData(Run).Texts);
        foreach (string verb in (string[])["eval", "predict"])
        {
            Assert.Equal((0, ""), Outcome(FreezeRun.Of(verb, Run, "--data", Spec(trained))));
            FreezeRun run = FreezeRun.Of(verb, Run, "--data", Spec(other));
            Assert.Equal(2, run.Code);
            Assert.Contains(message, run.Error, StringComparison.Ordinal);
            Assert.Single(run.Error.TrimEnd().Split('\n'));
        }
    }

    [Theory]
    [InlineData(One, "red green\tblue", "expected one text a sample, as the run had, found two")]
    [InlineData(Two, "red green", "expected two texts a sample, as the run had, found one")]
    public void LinesThatArePredictedToo(string trained, string line, string message)
    {
        Train(trained);
        string lines = Path.Combine(folder.Root, "lines.txt");
        File.WriteAllLines(lines, [line]);
        FreezeRun run = FreezeRun.Of("predict", Run, lines);
        Assert.Equal(2, run.Code);
        Assert.Contains($"{lines}: {message}", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Byte pairs have no segments: two texts are known all the same.</summary>
    [Fact]
    public void PartsOfOneTextAndOfTwoAreNoDataSet()
    {
        HostDataSet one = HostDataSet.FromTokens(new TokenSamples([0, 1], [0, 2], 3), [0], 1, "one"), two = HostDataSet.FromTokens(new TokenSamples([0, 1], [0, 2], 3) { HasTwo = true }, [0], 1, "two");
        Assert.Equal((false, true, false), (one.HasTwoTexts, two.HasTwoTexts, two.HasSegments));
        Assert.Equal("two: expected one text a sample as in one, found two.", Assert.Throws<DataFormatException>(() => new DataSplits("mixed", one, two, one)).Message);
    }

    private void Train(string texts)
    {
        string[] words = ["red", "green", "blue", "large", "small", "old"];
        File.WriteAllLines(Texts, ["a,b,label", .. Enumerable.Range(0, 60).Select(i => $"{words[i % 6]},{words[i / 6 % 6]},{(i % 2 == 0 ? "even" : "odd")}")]);
        Assert.Equal((0, ""), Outcome(FreezeRun.Of("train", "--model", "bert:width=8,layers=1,heads=2", "--data", Spec(texts), "--epochs", "1", "--device", "cpu", "--out", Run, "--policy", "never")));
    }

    private string Spec(string texts) => $"csv:{Texts},{texts},label=label,tokenizer=bytes,length=24";

    private static (int, string) Outcome(FreezeRun run) => (run.Code, run.Error);
}
