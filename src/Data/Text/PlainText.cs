namespace ResearchFreeze.Data;

/// <summary>One long text that the next token is learnt from: its first part is for training, the next for validation, the last for test, each cut into samples that follow one another. The label of a token is the one behind it.</summary>
public sealed class PlainText : ITextData
{
    private readonly string text;
    private readonly double validation, test;

    /// <summary>A text.</summary>
    /// <param name="name">What reports call it.</param>
    /// <param name="text">The text.</param>
    /// <param name="validation">The fraction of its tokens for validation, in (0, 1).</param>
    /// <param name="test">The fraction for test; together they are less than 1.</param>
    /// <exception cref="ArgumentException">A fraction is out of range.</exception>
    public PlainText(string name, string text, double validation = 0.1, double test = 0.1)
    {
        ArgumentNullException.ThrowIfNull(text);
        DataSplits.CheckFractions(name, validation, test);
        (Name, this.text, this.validation, this.test) = (name, text, validation, test);
    }

    /// <summary>What reports call it.</summary>
    public string Name { get; }

    /// <summary>The text of a file.</summary>
    /// <param name="path">The file, in UTF-8.</param>
    /// <param name="validation">The fraction of its tokens for validation.</param>
    /// <param name="test">The fraction for test.</param>
    /// <exception cref="ArgumentException">A fraction is out of range.</exception>
    /// <exception cref="IOException">It is missing, or a <see cref="DataFormatException"/> says that it is no text.</exception>
    public static PlainText Open(string path, double validation = 0.1, double test = 0.1)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such file.", path);
        return new PlainText(Path.GetFileName(path), TokenizerJson.Strict(path, () => File.ReadAllText(path, StrictText.Encoding)), validation, test);
    }

    /// <inheritdoc/>
    public DataSplits Tokenise(ITokenizer tokenizer, int length)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        int[] ids = tokenizer.Encode(text);
        int forTest = (int)(ids.Length * test), forValidation = (int)(ids.Length * validation), forTraining = ids.Length - forTest - forValidation;
        // A sample of one token needs the one behind it.
        if (Math.Min(forTest, forValidation) < 2) throw new DataFormatException(Name, "a text of at least two tokens a part", $"{ids.Length} tokens, of which {forTraining}, {forValidation} and {forTest} would be for training, validation and test");
        string unknown = tokenizer.UnknownId is { } id && ids.Count(token => token == id) is > 0 and int count ? FormattableString.Invariant($", {count} of them unknown to the vocabulary") : "";
        return new DataSplits(Name, Part("training", ids[..forTraining]), Part("validation", ids[forTraining..^forTest]), Part("test", ids[^forTest..]))
        {
            Remarks = [$"tokens: {tokenizer.Description}"],
            Reading = FormattableString.Invariant($"{text.Length} characters, {ids.Length} tokens{unknown}; samples of {length} tokens"),
        };

        HostDataSet Part(string part, int[] tokens)
        {
            // The last token is a label only.
            int samples = (tokens.Length - 2 + length) / length;
            int[] starts = [.. Enumerable.Range(0, samples).Select(sample => sample * length), tokens.Length - 1];
            return HostDataSet.FromTokens(new TokenSamples(tokens[..^1], starts, tokenizer.VocabularySize) { PadId = tokenizer.PadId, MaxLength = length, TokenLabels = tokens[1..], Tokenizer = tokenizer }, $"{Name}, {part}");
        }
    }
}
