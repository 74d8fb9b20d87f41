using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ResearchFreeze.Data;

/// <summary>
/// Reads the definitions of a database file of WordNet (Miller 1995; wndb(5WN)): a synset a line, whose second field is its lexicographer file and whose gloss stands behind <c> | </c>; lines that begin with a space are the licence.
/// </summary>
internal static partial class WordNetFile
{
    /// <summary>The names of the lexicographer files, whose places are their numbers (lexnames(5WN)).</summary>
    public static readonly string[] LexicographerFiles =
    [
        "adj.all", "adj.pert", "adv.all", "noun.Tops", "noun.act", "noun.animal", "noun.artifact", "noun.attribute", "noun.body", "noun.cognition", "noun.communication", "noun.event", "noun.feeling", "noun.food", "noun.group",
        "noun.location", "noun.motive", "noun.object", "noun.person", "noun.phenomenon", "noun.plant", "noun.possession", "noun.process", "noun.quantity", "noun.relation", "noun.shape", "noun.state", "noun.substance", "noun.time",
        "verb.body", "verb.change", "verb.cognition", "verb.communication", "verb.competition", "verb.consumption", "verb.contact", "verb.creation", "verb.emotion", "verb.motion", "verb.perception", "verb.possession", "verb.social",
        "verb.stative", "verb.weather", "adj.ppl",
    ];

    private const string Before = " | ";

    /// <summary>All definitions, in the file's order.</summary>
    /// <exception cref="DataFormatException">A line has no lexicographer file or no gloss: the message has its number.</exception>
    public static List<Gloss> Read(string path)
    {
        var glosses = new List<Gloss>();
        try
        {
            foreach ((int i, string line) in File.ReadLines(path, StrictText.Encoding).Index())
            {
                if (line.Length == 0 || line[0] == ' ') continue;
                string[] fields = line.Split(' ', 3);
                if (fields.Length < 3 || !int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out int file) || file >= LexicographerFiles.Length)
                    throw new DataFormatException(path, $"the number of a lexicographer file, 00 to {LexicographerFiles.Length - 1}, as second field", $"{TableText.Shown(line)} at line {i + 1}");
                int at = line.IndexOf(Before, StringComparison.Ordinal);
                string text = at < 0 ? "" : Definition(line[(at + Before.Length)..]);
                if (text.Length == 0) throw new DataFormatException(path, "a definition behind ' | '", $"none at line {i + 1}");
                glosses.Add(new Gloss(text, file));
            }
        }
        catch (DecoderFallbackException error)
        {
            throw StrictText.Wrong(path, error);
        }
        return glosses.Count > 0 ? glosses : throw new DataFormatException(path, "synsets, a line each", "none");
    }

    /// <summary>A gloss up to its first example, which is in quotes behind a semicolon, a colon or a comma.</summary>
    internal static string Definition(string gloss) => Examples().Split(gloss, 2)[0].Trim();

    [GeneratedRegex("""\s*[;:,]\s*["]""")]
    private static partial Regex Examples();
}
