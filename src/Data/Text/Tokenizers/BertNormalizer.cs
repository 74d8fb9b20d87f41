using System.Globalization;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace ResearchFreeze.Data;

/// <summary>
/// Texts as BERT's vocabularies were made of: without control characters, any white space a space, and for uncased ones in lower case and without accents. The library's own drops tabs and line ends instead, which joins two words,
/// and leaves accents where a program has no ICU, as one that runs under the invariant culture.
/// </summary>
internal sealed class BertNormalizer(bool lowers, bool stripsAccents) : Normalizer
{
    private const string Resource = "decompositions.txt";
    private const int HangulFirst = 0xac00, HangulLast = 0xd7a3, Leads = 0x1100, Vowels = 0x1161, Tails = 0x11a7, VowelCount = 21, TailCount = 28;

    private static readonly Lazy<Dictionary<int, string>> Bare = new(Read);

    /// <inheritdoc/>
    public override string Normalize(string original)
    {
        ArgumentNullException.ThrowIfNull(original);
        return Normalize(original.AsSpan());
    }

    /// <inheritdoc/>
    public override string Normalize(ReadOnlySpan<char> original)
    {
        var text = new StringBuilder(original.Length);
        foreach (Rune rune in original.EnumerateRunes())
        {
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            if (rune.Value is '\t' or '\n' or '\r' || category == UnicodeCategory.SpaceSeparator) text.Append(' ');
            else if (rune.Value is 0 or 0xfffd || category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned) continue;
            else if (!stripsAccents) Append(text, rune);
            else if (category != UnicodeCategory.NonSpacingMark) AppendBare(text, rune);
        }
        return text.ToString();
    }

    private void Append(StringBuilder text, Rune rune) => text.Append((lowers ? Rune.ToLowerInvariant(rune) : rune).ToString());

    private void AppendBare(StringBuilder text, Rune rune)
    {
        if (rune.IsAscii) Append(text, rune);
        else if (rune.Value is >= HangulFirst and <= HangulLast)
        {
            // A syllable is its letters (Unicode Standard, section 3.12).
            int syllable = rune.Value - HangulFirst, tail = syllable % TailCount;
            text.Append((char)(Leads + (syllable / (VowelCount * TailCount)))).Append((char)(Vowels + (syllable % (VowelCount * TailCount) / TailCount)));
            if (tail > 0) text.Append((char)(Tails + tail));
        }
        else if (Bare.Value.TryGetValue(rune.Value, out string? bare))
        {
            foreach (Rune part in bare.EnumerateRunes()) Append(text, part);
        }
        else Append(text, rune);
    }

    private static Dictionary<int, string> Read()
    {
        using Stream stream = typeof(BertNormalizer).Assembly.GetManifestResourceStream(Resource) ?? throw new FileNotFoundException($"{Resource}: not embedded in this build.", Resource);
        using var reader = new StreamReader(stream);
        var bare = new Dictionary<int, string>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            int[] codes = Array.ConvertAll(line.Split(' '), code => int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            bare.Add(codes[0], string.Concat(codes[1..].Select(char.ConvertFromUtf32)));
        }
        return bare;
    }
}
