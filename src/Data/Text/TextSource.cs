namespace ResearchFreeze.Data;

/// <summary>A text data set as it is written on the command line. Its tokens are made by the tokenizer that it names, or else by that of the model it is for, or else of bytes.</summary>
/// <param name="Read">Reads the texts.</param>
/// <param name="Tokenizer">What makes their tokens, as <see cref="TextTokenizers.Open"/> takes it; null: the model's.</param>
/// <param name="Length">The most tokens of a sample; null: <see cref="DefaultLength"/>, or of bytes <see cref="DefaultBytes"/>.</param>
/// <param name="Classes">The classes that are taken; null: all.</param>
public sealed record TextSource(Func<ITextData> Read, string? Tokenizer = null, int? Length = null, int[]? Classes = null)
{
    /// <summary>The most tokens of a sample where none is said.</summary>
    public const int DefaultLength = 64;

    /// <summary>The same of bytes, of which a word has about five.</summary>
    public const int DefaultBytes = 256;

    /// <summary>How the settings are written that every text data set has.</summary>
    public const string Usage = "tokenizer=FOLDER|bytes,length=64";

    /// <summary>The same with a choice of classes.</summary>
    public const string UsageOfClasses = $"{Usage},classes=0-4+7";

    /// <summary>Reads the settings that every text data set has.</summary>
    /// <param name="spec">The settings.</param>
    /// <param name="read">Reads the texts.</param>
    /// <param name="hasClasses">Whether they have classes, of which some may be chosen.</param>
    /// <exception cref="ArgumentException">A setting is wrong.</exception>
    public static TextSource Of(Spec spec, Func<ITextData> read, bool hasClasses = true)
    {
        ArgumentNullException.ThrowIfNull(spec);
        int? length = spec.Given("length") is null ? null : spec.Integer("length", DefaultLength);
        if (length < 1) throw new ArgumentException($"'{spec}': length must be 1 or more, found {length}.");
        return new TextSource(read, spec.Given("tokenizer"), length, hasClasses ? spec.Ranges("classes", HostDatasets.MostClasses) : null);
    }

    /// <summary>Reads the texts and makes tokens of them.</summary>
    /// <param name="ofModel">The tokenizer of the model that the data are for; null: it has none.</param>
    /// <param name="lengthOfModel">The most tokens of a sample that the model takes, where no length is named; null: it is not known.</param>
    /// <exception cref="IOException">Something is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public DataSplits Load(Func<ITokenizer>? ofModel = null, int? lengthOfModel = null)
    {
        // What is named is wrong before large files are read.
        ITokenizer tokenizer = Tokenizer is { } named ? TextTokenizers.Open(named) : ofModel?.Invoke() ?? new ByteVocabulary();
        DataSplits splits = Read().Tokenise(tokenizer, Length ?? lengthOfModel ?? (tokenizer is ByteVocabulary ? DefaultBytes : DefaultLength));
        return Classes is null ? splits : splits.WithClasses(Classes);
    }
}
