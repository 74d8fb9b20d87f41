using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace ResearchFreeze.Data;

/// <summary>Pairs of bytes (Sennrich et al. 2016) as GPT-2 and RoBERTa have them (Radford et al. 2019): any text has tokens, since each byte is one.</summary>
public sealed partial class BytePairVocabulary : ITokenizer
{
    private readonly Dictionary<int, string> tokenOf;
    private readonly Dictionary<char, byte> byteOf = ByteCharacters().Index().ToDictionary(pair => pair.Item, pair => (byte)pair.Index);
    private readonly BpeTokenizer pairs;
    private readonly SpecialTokens specials;
    private readonly IReadOnlyList<string> merges;
    private readonly BytePairSettings how;

    /// <summary>Of a vocabulary and its merges.</summary>
    /// <param name="vocabulary">The id of each token; bytes are written as GPT-2 does, a space as <c>Ġ</c>.</param>
    /// <param name="merges">Two tokens each, with a space between them, the first ones first.</param>
    /// <param name="settings">How texts are taken; null: as GPT-2 does.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="DataFormatException">A byte, a special token or one that a merge makes is missing, or ids are not 0 … n−1.</exception>
    public BytePairVocabulary(IReadOnlyDictionary<string, int> vocabulary, IReadOnlyList<string> merges, BytePairSettings? settings = null, string source = "vocabulary")
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(merges);
        (this.merges, how) = (merges, settings ?? new BytePairSettings());
        tokenOf = [];
        foreach ((string token, int id) in vocabulary)
        {
            if ((uint)id >= (uint)vocabulary.Count) throw new DataFormatException(source, $"ids in [0, {vocabulary.Count}), the number of tokens", $"{id} of {TableText.Shown(token)}");
            if (!tokenOf.TryAdd(id, token)) throw new DataFormatException(source, "an id of its own for each token", $"{id} of {TableText.Shown(tokenOf[id])} and {TableText.Shown(token)}");
        }
        // The library gives nothing for a byte that is missing.
        char lacking = ByteCharacters().FirstOrDefault(character => !vocabulary.ContainsKey($"{character}"));
        if (lacking != default) throw new DataFormatException(source, "a token for each of the 256 bytes, as GPT-2 writes them", $"none for '{lacking}'");
        foreach ((int rank, string merge) in merges.Index())
        {
            string[] parts = merge.Split(' ');
            if (parts.Length != 2) throw new DataFormatException(source, "merges of two tokens", $"{TableText.Shown(merge)} as merge {rank + 1}");
            if (Array.Find([.. parts, string.Concat(parts)], part => !vocabulary.ContainsKey(part)) is { } missing) throw new DataFormatException(source, $"the token {TableText.Shown(missing)}, of merge {rank + 1}", "none");
        }
        PadId = Id(how.Pad);
        int[] begin = how.Begin is { } first ? [Id(first)] : [], separator = how.Separator is { } last ? [Id(last)] : [];
        Frame = new SampleFrame(begin, [.. separator, .. separator], separator, HasSegments: false);
        string[] known = [.. how.Specials.Where(vocabulary.ContainsKey)];
        specials = new SpecialTokens(known.ToDictionary(token => token, token => vocabulary[token], StringComparer.Ordinal));
        pairs = BpeTokenizer.Create(new BpeOptions(vocabulary) { Merges = merges, ByteLevel = true, PreTokenizer = new RegexPreTokenizer(Words(), null) });
        Description = $"byte pairs of {source}: {vocabulary.Count} tokens";

        int Id(string token) => vocabulary.TryGetValue(token, out int id) ? id : throw new DataFormatException(source, $"the token {token}", "none");
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public int VocabularySize => tokenOf.Count;

    /// <inheritdoc/>
    public int PadId { get; }

    /// <inheritdoc/>
    public int? UnknownId => null;

    /// <inheritdoc/>
    public SampleFrame Frame { get; }

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return specials.Encode(how.AddPrefixSpace && text.Length > 0 && !char.IsWhiteSpace(text[0]) ? $" {text}" : text, part => pairs.EncodeToIds(part));
    }

    /// <inheritdoc/>
    public string ToJson() => TokenizerJson.Write("BPE", tokenOf.OrderBy(token => token.Key).Select(token => (token.Value, token.Key)), merges, json =>
    {
        json.WriteBoolean("add_prefix_space", how.AddPrefixSpace);
        json.WriteString("pad_token", how.Pad);
        json.WriteString(TokenizerJson.Begin, how.Begin);
        json.WriteString(TokenizerJson.Separator, how.Separator);
        json.WriteStartArray(TokenizerJson.Specials);
        foreach (string special in how.Specials) json.WriteStringValue(special);
        json.WriteEndArray();
    });

    /// <summary>The text whose bytes these are, � where they are no UTF-8, and special tokens as they are written.</summary>
    public string Decode(IReadOnlyList<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var bytes = new List<byte>();
        foreach (string token in ids.Select(TokenOf))
        {
            // A special token is no spelling of bytes.
            if (how.Specials.Contains(token)) bytes.AddRange(Encoding.UTF8.GetBytes(token));
            else foreach (char character in token) bytes.Add(byteOf[character]);
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }

    /// <inheritdoc/>
    public string TokenOf(int id) => tokenOf.TryGetValue(id, out string? token) ? token : throw new ArgumentOutOfRangeException(nameof(id), $"Byte pairs: ids are in [0, {tokenOf.Count}), found {id}.");

    /// <summary>The characters that stand for bytes: a printable one for itself, the others behind U+0100 in their order.</summary>
    private static IEnumerable<char> ByteCharacters()
    {
        int others = 0;
        for (int value = 0; value < 256; value++) yield return value is (>= '!' and <= '~') or (>= 0xa1 and <= 0xac) or >= 0xae ? (char)value : (char)(256 + others++);
    }

    // GPT-2's, to the letter.
    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Words();
}
