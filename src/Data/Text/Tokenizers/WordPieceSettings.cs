namespace ResearchFreeze.Data;

/// <summary>How a <see cref="WordPieceVocabulary"/> takes texts. The defaults are those of BERT's uncased models.</summary>
public sealed record WordPieceSettings
{
    /// <summary>Whether texts are taken in lower case.</summary>
    public bool LowerCase { get; init; } = true;

    /// <summary>Whether accents are taken off; null: where texts are taken in lower case.</summary>
    public bool? StripAccents { get; init; }

    /// <summary>Whether each Chinese character is a word.</summary>
    public bool SplitChinese { get; init; } = true;

    /// <summary>What pads.</summary>
    public string Pad { get; init; } = "[PAD]";

    /// <summary>What stands for a word that cannot be cut into pieces.</summary>
    public string Unknown { get; init; } = "[UNK]";

    /// <summary>What a sample begins with.</summary>
    public string Begin { get; init; } = "[CLS]";

    /// <summary>What stands behind each text.</summary>
    public string Separator { get; init; } = "[SEP]";

    /// <summary>What stands for a word that a model is to guess.</summary>
    public string Mask { get; init; } = "[MASK]";
}
