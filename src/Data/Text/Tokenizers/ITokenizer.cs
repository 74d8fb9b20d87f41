namespace ResearchFreeze.Data;

/// <summary>Makes token ids of texts.</summary>
public interface ITokenizer
{
    /// <summary>What it is, in one line: the kind, where from, how many tokens, and what was guessed.</summary>
    string Description { get; }

    /// <summary>Ids are in [0, this).</summary>
    int VocabularySize { get; }

    /// <summary>What fills a batch behind shorter samples.</summary>
    int PadId { get; }

    /// <summary>What stands for a text's part that the vocabulary does not have; null: it has all.</summary>
    int? UnknownId { get; }

    /// <summary>What stands around one text, or two.</summary>
    SampleFrame Frame { get; }

    /// <summary>The ids of a text, with nothing around them.</summary>
    int[] Encode(string text);

    /// <summary>The token that an id stands for, as the vocabulary has it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such id.</exception>
    string TokenOf(int id);

    /// <summary>The text of some ids, as near to what was encoded as the vocabulary can tell; by default its tokens with spaces between them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such id.</exception>
    string Decode(IReadOnlyList<int> ids) => string.Join(' ', ids.Select(TokenOf));

    /// <summary>What <see cref="TextTokenizers.OpenFile"/> makes it from again, as a run keeps it; null: it has no such form.</summary>
    string? ToJson() => null;
}
