namespace ResearchFreeze.Data;

/// <summary>Texts without labels, to be predicted: one a line, or two with a tab between them.</summary>
public static class TextLines
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file, or what messages call the text that is given.</param>
    /// <param name="given">The text; null: that of the file.</param>
    /// <param name="tokenizer">Makes the tokens.</param>
    /// <param name="length">The most tokens of a sample; what is longer is cut.</param>
    /// <exception cref="IOException">It is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static HostDataSet Read(string path, TextReader? given, ITokenizer tokenizer, int length)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        string[] lines = Lines(path, given);
        List<TextSample> samples = [.. lines.Select((line, index) => Sample(path, line, index + 1))];
        bool hasTwo = samples[0].Second is not null;
        int odd = samples.FindIndex(sample => sample.Second is null == hasTwo);
        if (odd >= 0) throw new DataFormatException(path, hasTwo ? "two texts a line, as the first has" : "one text a line, as the first has", $"{(hasTwo ? "one" : "two")} at line {odd + 1}");
        var encoder = new SampleEncoder(path, tokenizer, length, hasTwo);
        return HostDataSet.FromTokens(encoder.Encode(path, samples), new int[samples.Count], 1, path);
    }

    /// <summary>A file's lines as they are, as beginnings that a model goes on with.</summary>
    /// <param name="path">The file, or what messages call the text that is given.</param>
    /// <param name="given">The text; null: that of the file.</param>
    /// <exception cref="IOException">It is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static string[] Lines(string path, TextReader? given)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (given is null && Directory.Exists(path)) throw new DataFormatException(path, "a file of texts, one a line", "a folder");
        // Its header and its other columns would be texts too.
        if (given is null && Path.GetExtension(path) is ".csv" or ".json" or ".jsonl" or ".parquet") throw new DataFormatException(path, "a file of texts, one a line", "a table; --data takes one, as csv:FILE,text=COLUMN,label=COLUMN");
        if (given is null && !File.Exists(path)) throw new FileNotFoundException($"{path}: no such file.", path);
        var lines = new List<string>();
        TokenizerJson.Strict(path, () =>
        {
            using TextReader? file = given is null ? new StreamReader(path, StrictText.Encoding) : null;
            while ((given ?? file!).ReadLine() is { } line) lines.Add(line);
            return lines.Count;
        });
        return lines.Count > 0 ? [.. lines] : throw new DataFormatException(path, "at least one line of text", "none");
    }

    private static TextSample Sample(string path, string line, int number)
    {
        string[] texts = line.Split('\t');
        return texts.Length <= 2 ? new TextSample(texts[0], 0, texts.Length == 2 ? texts[1] : null) : throw new DataFormatException(path, "one text a line, or two with a tab between them", $"{texts.Length} at line {number}");
    }
}
