using System.Text.Json;

namespace ResearchFreeze.Data;

/// <summary>Tokenizers by name, or from a folder of files as Hugging Face's models have them.</summary>
public static class TextTokenizers
{
    /// <summary>The name of <see cref="ByteVocabulary"/>.</summary>
    public const string Bytes = "bytes";

    private const string Vocabulary = "vocab.txt", Pairs = "vocab.json", Merges = "merges.txt", Whole = "tokenizer.json", Settings = "tokenizer_config.json";

    /// <summary>
    /// <c>bytes</c>, or a folder with <c>vocab.txt</c> (word pieces), with <c>vocab.json</c> and <c>merges.txt</c> (byte pairs), or with a <c>tokenizer.json</c> that has one or the other. <c>tokenizer_config.json</c> is read
    /// where it is there.
    /// </summary>
    /// <exception cref="IOException">There is no such folder, it has none of these, or a <see cref="DataFormatException"/> says what is wrong with one.</exception>
    public static ITokenizer Open(string nameOrFolder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(nameOrFolder);
        if (nameOrFolder == Bytes) return new ByteVocabulary();
        // As a model is written: bert:DIR.
        int colon = nameOrFolder.IndexOf(':', StringComparison.Ordinal);
        string folder = !Directory.Exists(nameOrFolder) && colon >= 0 ? nameOrFolder[(colon + 1)..] : nameOrFolder;
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"Tokenizer: expected {Bytes}, or a folder, found no '{folder}'.");
        JsonElement? config = Optional(Path.Combine(folder, Settings));
        string words = Path.Combine(folder, Vocabulary), pairs = Path.Combine(folder, Pairs), merges = Path.Combine(folder, Merges), whole = Path.Combine(folder, Whole);
        if (File.Exists(words)) return WordPieces(words, Lines(words), config, null);
        if (File.Exists(pairs) && File.Exists(merges)) return BytePairs(folder, Ids(pairs, TokenizerJson.Read(pairs)), [.. Lines(merges).Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal))], config);
        return File.Exists(whole) ? OfOneFile(whole, config)
            : throw new FileNotFoundException($"Tokenizer: expected {Vocabulary}, {Pairs} and {Merges}, or {Whole} in '{folder}', found none of them.");
    }

    /// <summary>A <c>tokenizer.json</c> by itself, or as <see cref="ITokenizer.ToJson"/> gave it.</summary>
    /// <exception cref="IOException">There is no such file, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static ITokenizer OpenFile(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return File.Exists(path) ? OfOneFile(path, null) : throw new FileNotFoundException($"{path}: no such file.", path);
    }

    private static ITokenizer OfOneFile(string path, JsonElement? config)
    {
        JsonElement root = TokenizerJson.Read(path);
        if (root.TryGetProperty(TokenizerJson.Own, out JsonElement own) && own.ValueKind == JsonValueKind.Object) config = own;
        JsonElement model = TokenizerJson.Field(path, root, "model", JsonValueKind.Object);
        string type = TokenizerJson.Text(model, "type") ?? (model.TryGetProperty("merges", out _) ? "BPE" : "none");
        Dictionary<string, int> ids = type is "BPE" or "WordPiece" ? Ids(path, TokenizerJson.Field(path, model, "vocab", JsonValueKind.Object)) : throw new DataFormatException(path, "a model of type WordPiece or BPE", type);
        foreach (JsonElement added in root.TryGetProperty("added_tokens", out JsonElement all) && all.ValueKind == JsonValueKind.Array ? all.EnumerateArray() : default)
        {
            if (TokenizerJson.Text(added, "content") is { } token && added.TryGetProperty("id", out JsonElement id) && id.TryGetInt32(out int number)) ids.TryAdd(token, number);
        }
        if (type == "BPE")
        {
            if (!root.GetRawText().Contains("\"ByteLevel\"", StringComparison.Ordinal)) throw new DataFormatException(path, "byte pairs with a pre-tokenizer ByteLevel", "others");
            return BytePairs(path, ids, [.. TokenizerJson.Field(path, model, "merges", JsonValueKind.Array).EnumerateArray().Select(merge => Merge(path, merge))], config);
        }
        var tokens = new string[ids.Count];
        foreach ((string token, int id) in ids)
        {
            if ((uint)id >= (uint)tokens.Length || tokens[id] is not null) throw new DataFormatException(path, $"ids 0 … {tokens.Length - 1}, each once", $"{id} of {TableText.Shown(token)}");
            tokens[id] = token;
        }
        return WordPieces(path, tokens, config, root.TryGetProperty("normalizer", out JsonElement normalizer) && normalizer.ValueKind == JsonValueKind.Object ? normalizer : null);
    }

    private static WordPieceVocabulary WordPieces(string path, IReadOnlyList<string> tokens, JsonElement? config, JsonElement? normalizer)
    {
        bool? said = TokenizerJson.Flag(normalizer, "lowercase") ?? TokenizerJson.Flag(config, "do_lower_case");
        // An uncased vocabulary has no capital but in special tokens, and symbols that are no letters of a word, as ℝ.
        bool lowers = said ?? !tokens.Any(token => !token.StartsWith('[') && token.Any(char.IsAsciiLetterUpper));
        var plain = new WordPieceSettings();
        var settings = new WordPieceSettings
        {
            LowerCase = lowers,
            StripAccents = TokenizerJson.Flag(normalizer, "strip_accents") ?? TokenizerJson.Flag(config, "strip_accents"),
            SplitChinese = TokenizerJson.Flag(normalizer, "handle_chinese_chars") ?? TokenizerJson.Flag(config, "tokenize_chinese_chars") ?? true,
            Pad = TokenizerJson.Token(config, "pad_token") ?? plain.Pad,
            Unknown = TokenizerJson.Token(config, "unk_token") ?? plain.Unknown,
            Begin = TokenizerJson.Token(config, "cls_token") ?? plain.Begin,
            Separator = TokenizerJson.Token(config, "sep_token") ?? plain.Separator,
            Mask = TokenizerJson.Token(config, "mask_token") ?? plain.Mask,
        };
        return new WordPieceVocabulary(tokens, settings, path) { Guess = said is null ? $"guessed, since {(lowers ? "no" : "a")} token has a capital" : null };
    }

    private static BytePairVocabulary BytePairs(string source, Dictionary<string, int> ids, IReadOnlyList<string> merges, JsonElement? config)
    {
        BytePairSettings like = ids.ContainsKey("<s>") && ids.ContainsKey("</s>") ? BytePairSettings.Roberta : new BytePairSettings();
        if (config is { } own && own.TryGetProperty(TokenizerJson.Specials, out JsonElement specials) && specials.ValueKind == JsonValueKind.Array)
            like = like with { Begin = TokenizerJson.Text(own, TokenizerJson.Begin), Separator = TokenizerJson.Text(own, TokenizerJson.Separator), Specials = [.. specials.EnumerateArray().Select(special => special.ToString())] };
        return new BytePairVocabulary(ids, merges, like with { AddPrefixSpace = TokenizerJson.Flag(config, "add_prefix_space") ?? false, Pad = TokenizerJson.Token(config, "pad_token") ?? like.Pad }, source);
    }

    private static string Merge(string path, JsonElement merge) => merge.ValueKind switch
    {
        JsonValueKind.String => merge.GetString()!,
        JsonValueKind.Array when merge.GetArrayLength() == 2 => $"{merge[0]} {merge[1]}",
        _ => throw new DataFormatException(path, "merges of two tokens", TableText.Shown(merge.GetRawText())),
    };

    private static Dictionary<string, int> Ids(string path, JsonElement vocabulary) => TokenizerJson.Strict(path, () =>
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (JsonProperty entry in vocabulary.EnumerateObject())
        {
            int id = entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetInt32(out int number) ? number : throw new DataFormatException(path, "a whole number for each token", $"{TableText.Shown(entry.Value.GetRawText())} for {TableText.Shown(entry.Name)}");
            if (!ids.TryAdd(entry.Name, id)) throw new DataFormatException(path, "each token once", $"{TableText.Shown(entry.Name)} twice");
        }
        return ids;
    });

    private static JsonElement? Optional(string path) => File.Exists(path) ? TokenizerJson.Read(path) : null;

    /// <summary>The lines of a file, whose ends may be those of Windows. A line end behind the last one begins no line.</summary>
    private static string[] Lines(string path) => TokenizerJson.Strict(path, () =>
    {
        string[] lines = [.. File.ReadAllText(path, StrictText.Encoding).Split('\n').Select(line => line.TrimEnd('\r'))];
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    });
}
