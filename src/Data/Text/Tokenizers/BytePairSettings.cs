namespace ResearchFreeze.Data;

/// <summary>How a <see cref="BytePairVocabulary"/> takes texts. The defaults are GPT-2's: nothing stands around a text, and padding is the end of a text, which no length counts.</summary>
public sealed record BytePairSettings
{
    /// <summary>Whether a text that does not begin with a space is given one, so that its first word is the token that it is in a sentence.</summary>
    public bool AddPrefixSpace { get; init; }

    /// <summary>What a sample begins with; null: nothing.</summary>
    public string? Begin { get; init; }

    /// <summary>What stands behind each text, and twice between two; null: nothing.</summary>
    public string? Separator { get; init; }

    /// <summary>What pads.</summary>
    public string Pad { get; init; } = "<|endoftext|>";

    /// <summary>Further tokens that a text may have written out.</summary>
    public IReadOnlyList<string> Specials { get; init; } = ["<|endoftext|>"];

    /// <summary>RoBERTa's: <c>&lt;s&gt; A &lt;/s&gt;</c>, of two texts <c>&lt;s&gt; A &lt;/s&gt;&lt;/s&gt; B &lt;/s&gt;</c>, without segments.</summary>
    public static BytePairSettings Roberta { get; } = new() { Begin = "<s>", Separator = "</s>", Pad = "<pad>", Specials = ["<s>", "</s>", "<pad>", "<unk>", "<mask>"] };
}
