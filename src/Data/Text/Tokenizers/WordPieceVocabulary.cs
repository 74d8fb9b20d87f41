using System.Text;
using Microsoft.ML.Tokenizers;

namespace ResearchFreeze.Data;

/// <summary>
/// BERT's word pieces (Schuster and Nakajima 2012; Devlin et al. 2019): a word is cut into the longest pieces that the vocabulary has, from its beginning on; one that cannot be is unknown. A sample is <c>[CLS] A [SEP]</c>, of two
/// texts <c>[CLS] A [SEP] B [SEP]</c>.
/// </summary>
public sealed class WordPieceVocabulary : ITokenizer
{
    private const int LongestWord = 100;      // in characters, as in BERT: a longer one is unknown

    private readonly IReadOnlyList<string> tokens;
    private readonly WordPieceTokenizer pieces;
    private readonly SpecialTokens specials;
    private readonly string description;
    private readonly WordPieceSettings how;

    /// <summary>Of a list of tokens, whose places are their ids.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="settings">How texts are taken; null: as for BERT's uncased models.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="DataFormatException">A token is there twice, or a special one is missing.</exception>
    public WordPieceVocabulary(IReadOnlyList<string> tokens, WordPieceSettings? settings = null, string source = "vocabulary")
    {
        ArgumentNullException.ThrowIfNull(tokens);
        how = settings ?? new WordPieceSettings();
        var ids = new Dictionary<string, int>(tokens.Count, StringComparer.Ordinal);
        foreach ((int id, string token) in tokens.Index())
        {
            // The library reads a line a token.
            if (token.AsSpan().IndexOfAny('\n', '\r') >= 0) throw new DataFormatException(source, "tokens of one line", $"{TableText.Shown(token)} as id {id}");
            if (!ids.TryAdd(token, id)) throw new DataFormatException(source, "each token once", $"{TableText.Shown(token)} as ids {ids[token]} and {id}");
        }
        this.tokens = tokens;
        (PadId, int unknown, int begin, int separator) = (Id(how.Pad), Id(how.Unknown), Id(how.Begin), Id(how.Separator));
        UnknownId = unknown;
        Frame = new SampleFrame([begin], [separator], [separator], HasSegments: true);
        var special = new Dictionary<string, int>(StringComparer.Ordinal) { [how.Pad] = PadId, [how.Unknown] = unknown, [how.Begin] = begin, [how.Separator] = separator };
        if (ids.TryGetValue(how.Mask, out int mask)) special[how.Mask] = mask;
        specials = new SpecialTokens(special);
        pieces = WordPieceTokenizer.Create(new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', tokens))), new WordPieceOptions
        {
            Normalizer = new BertNormalizer(how.LowerCase, how.StripAccents ?? how.LowerCase),
            PreTokenizer = new BertWords(how.SplitChinese),
            UnknownToken = how.Unknown,
            MaxInputCharsPerWord = LongestWord,
        });
        description = $"word pieces of {source}: {tokens.Count} tokens, {(how.LowerCase ? "in lower case" : "cased")}";

        int Id(string token) => ids.TryGetValue(token, out int id) ? id : throw new DataFormatException(source, $"the token {token}", "none");
    }

    /// <inheritdoc/>
    public string Description => Guess is null ? description : $"{description} ({Guess})";

    /// <summary>What was guessed of the settings; null: nothing.</summary>
    internal string? Guess { get; init; }

    /// <inheritdoc/>
    public int VocabularySize => tokens.Count;

    /// <inheritdoc/>
    public int PadId { get; }

    /// <inheritdoc/>
    public int? UnknownId { get; }

    /// <inheritdoc/>
    public SampleFrame Frame { get; }

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return specials.Encode(text, part => pieces.EncodeToIds(part));
    }

    /// <inheritdoc/>
    public string ToJson() => TokenizerJson.Write("WordPiece", tokens.Index().Select(token => (token.Item, token.Index)), null, json =>
    {
        json.WriteBoolean("do_lower_case", how.LowerCase);
        json.WriteBoolean("strip_accents", how.StripAccents ?? how.LowerCase);
        json.WriteBoolean("tokenize_chinese_chars", how.SplitChinese);
        json.WriteString("pad_token", how.Pad);
        json.WriteString("unk_token", how.Unknown);
        json.WriteString("cls_token", how.Begin);
        json.WriteString("sep_token", how.Separator);
        json.WriteString("mask_token", how.Mask);
    });

    /// <summary>Words with spaces between them, each of its pieces.</summary>
    public string Decode(IReadOnlyList<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var text = new StringBuilder();
        foreach (string token in ids.Select(TokenOf))
        {
            bool goesOn = token.StartsWith("##", StringComparison.Ordinal) && token.Length > 2;
            if (text.Length > 0 && !goesOn) text.Append(' ');
            text.Append(goesOn ? token[2..] : token);
        }
        return text.ToString();
    }

    /// <inheritdoc/>
    public string TokenOf(int id) => (uint)id < (uint)tokens.Count ? tokens[id] : throw new ArgumentOutOfRangeException(nameof(id), $"Word pieces: ids are in [0, {tokens.Count}), found {id}.");
}
