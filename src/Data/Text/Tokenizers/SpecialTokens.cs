using System.Text.RegularExpressions;

namespace ResearchFreeze.Data;

/// <summary>Tokens that a text may have written out, as <c>[SEP]</c>, and which are then one id and no text: what Hugging Face's tokenizers do. Nothing else is split there.</summary>
internal sealed class SpecialTokens
{
    private readonly IReadOnlyDictionary<string, int> ids;
    private readonly Regex? pattern;

    public SpecialTokens(IReadOnlyDictionary<string, int> ids)
    {
        this.ids = ids;
        // The longest first: one may begin as another does.
        if (ids.Count > 0) pattern = new Regex(string.Join('|', ids.Keys.OrderByDescending(token => token.Length).Select(Regex.Escape)), RegexOptions.CultureInvariant);
    }

    /// <summary>The ids of a text whose parts between special tokens are encoded by themselves.</summary>
    public int[] Encode(string text, Func<string, IReadOnlyList<int>> encode)
    {
        var found = new List<int>();
        int start = 0;
        for (Match? match = pattern?.Match(text); match is { Success: true }; match = match.NextMatch())
        {
            if (match.Index > start) found.AddRange(encode(text[start..match.Index]));
            found.Add(ids[match.Value]);
            start = match.Index + match.Length;
        }
        if (start < text.Length) found.AddRange(encode(text[start..]));
        return [.. found];
    }
}
