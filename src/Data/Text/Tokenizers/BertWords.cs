using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace ResearchFreeze.Data;

/// <summary>
/// BERT's words: what stands between spaces, with each punctuation mark, each ASCII symbol and each Chinese character by itself. The library's own splits by <c>\w+|\p{P}</c>, which leaves out <c>$ + =</c> and all other symbols,
/// and takes an underscore for a letter.
/// </summary>
internal sealed class BertWords(bool splitsChinese) : PreTokenizer
{
    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Words(text);
    }

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => Words(text);

    private List<(int Offset, int Length)> Words(ReadOnlySpan<char> text)
    {
        var words = new List<(int, int)>();
        int start = 0;
        for (int at = 0; at < text.Length;)
        {
            // Half a character is one, as ill-formed as it is.
            int length = Rune.DecodeFromUtf16(text[at..], out Rune rune, out int read) == OperationStatus.Done ? read : 1;
            bool isSpace = Rune.IsWhiteSpace(rune), isAlone = !isSpace && (IsPunctuation(rune) || (splitsChinese && IsChinese(rune.Value)));
            if (isSpace || isAlone)
            {
                if (at > start) words.Add((start, at - start));
                if (isAlone) words.Add((at, length));
                start = at + length;
            }
            at += length;
        }
        if (text.Length > start) words.Add((start, text.Length - start));
        return words;
    }

    private static bool IsPunctuation(Rune rune)
    {
        // ASCII symbols such as $ and ^ count, others such as € do not: so the vocabularies were made.
        if (rune.IsAscii) return rune.Value is > ' ' and < 127 && !char.IsAsciiLetterOrDigit((char)rune.Value);
        return Rune.GetUnicodeCategory(rune) is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation
            or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation;
    }

    private static bool IsChinese(int code) =>
        code is (>= 0x4e00 and <= 0x9fff) or (>= 0x3400 and <= 0x4dbf) or (>= 0x20000 and <= 0x2a6df) or (>= 0x2a700 and <= 0x2b73f) or (>= 0x2b740 and <= 0x2b81f) or (>= 0x2b820 and <= 0x2ceaf)
            or (>= 0xf900 and <= 0xfaff) or (>= 0x2f800 and <= 0x2fa1f);
}
