using System.Text;

namespace ResearchFreeze.Data;

/// <summary>The bytes of a text in UTF-8, where there is no vocabulary: ids 0 to 2 are padding, beginning and end, and byte b is id b + 3. Nothing is unknown to it.</summary>
public sealed class ByteVocabulary : ITokenizer
{
    private const int Pad = 0, Begin = 1, End = 2, First = 3;

    private static readonly string[] Specials = ["[PAD]", "[CLS]", "[SEP]"];

    /// <inheritdoc/>
    public string Description => $"bytes: {VocabularySize} tokens, {First} of them special";

    /// <inheritdoc/>
    public int VocabularySize => 256 + First;

    /// <inheritdoc/>
    public int PadId => Pad;

    /// <inheritdoc/>
    public int? UnknownId => null;

    /// <inheritdoc/>
    public SampleFrame Frame { get; } = new([Begin], [End], [End], HasSegments: true);

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Array.ConvertAll(Encoding.UTF8.GetBytes(text), value => value + First);
    }

    /// <summary>The bytes as UTF-8, � where they are none, and special tokens as they are called.</summary>
    public string Decode(IReadOnlyList<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return Encoding.UTF8.GetString([.. ids.SelectMany(id => id < First ? Encoding.UTF8.GetBytes(TokenOf(id)) : [checked((byte)(id - First))])]);
    }

    /// <inheritdoc/>
    public string TokenOf(int id)
    {
        if ((uint)id >= (uint)VocabularySize) throw new ArgumentOutOfRangeException(nameof(id), $"Bytes: ids are in [0, {VocabularySize}), found {id}.");
        return id < First ? Specials[id] : FormattableString.Invariant($"0x{id - First:x2}");
    }
}
