using System.Security.Cryptography;
using System.Text;

namespace ResearchFreeze.Data;

/// <summary>
/// Tasks made of WordNet's definitions: which lexicographer file, or which part of speech, one is of. Parts follow from a hash of the text alone, so that they are the same everywhere. A text with several classes is left out, and one that
/// occurs several times is there once.
/// </summary>
public static class WordNet
{
    /// <summary>Where Debian's package wordnet-base puts the files.</summary>
    public const string Folder = "/usr/share/wordnet";

    private const int FewestOfANounClass = 1000;

    /// <summary>The 19 classes of nouns with at least 1,000 definitions: as many of each for training, 12,000 together, 3,000 validation and 20,000 test.</summary>
    /// <exception cref="IOException">A file is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static TextSplits Nouns(string folder = Folder) => Nouns(folder, new WordNetSizes(12_000, 3_000, 20_000), FewestOfANounClass);

    /// <summary>The 15 classes of verbs: 8,000 training, 1,000 validation and 4,000 test.</summary>
    /// <exception cref="IOException">A file is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static TextSplits Verbs(string folder = Folder) => Verbs(folder, new WordNetSizes(8_000, 1_000, 4_000));

    /// <summary>The parts of speech, noun, verb, adjective and adverb: 12,000 training, 3,000 validation and 20,000 test.</summary>
    /// <exception cref="IOException">A file is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static TextSplits PartsOfSpeech(string folder = Folder) => PartsOfSpeech(folder, new WordNetSizes(12_000, 3_000, 20_000));

    internal static TextSplits Nouns(string folder, WordNetSizes sizes, int fewest) => Make("wordnet-nouns", Read(folder, "noun"), sizes, fewest, isBalanced: true);

    internal static TextSplits Verbs(string folder, WordNetSizes sizes) => Make("wordnet-verbs", Read(folder, "verb"), sizes, 1, isBalanced: false);

    internal static TextSplits PartsOfSpeech(string folder, WordNetSizes sizes)
    {
        (string File, string Name)[] parts = [("noun", "noun"), ("verb", "verb"), ("adj", "adjective"), ("adv", "adverb")];
        return Make("wordnet-pos", [.. parts.SelectMany(part => Read(folder, part.File).Select(gloss => (gloss.Text, part.Name)))], sizes, 1, isBalanced: false);
    }

    private static List<(string Text, string Class)> Read(string folder, string part)
    {
        string path = Path.Combine(folder, $"data.{part}");
        if (!File.Exists(path)) throw new FileNotFoundException($"WordNet: no file {path}; install it with: apt-get install wordnet-base, or name a folder with folder=…", path);
        return [.. WordNetFile.Read(path).Select(gloss => (gloss.Text, WordNetFile.LexicographerFiles[gloss.File]))];
    }

    private static TextSplits Make(string name, List<(string Text, string Class)> glosses, WordNetSizes sizes, int fewest, bool isBalanced)
    {
        // The order is that of a hash: of the text alone, and as random as a seed's.
        (string Text, string[] Classes)[] texts = [.. glosses.GroupBy(gloss => gloss.Text, gloss => gloss.Class, StringComparer.Ordinal)
            .Select(group => (Text: group.Key, Classes: group.Distinct().ToArray(), Hash: Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(group.Key)))))
            .OrderBy(text => text.Hash, StringComparer.Ordinal).Select(text => (text.Text, text.Classes))];
        (string Text, string Class)[] clear = [.. texts.Where(text => text.Classes.Length == 1).Select(text => (text.Text, text.Classes[0]))];
        string[] classes = [.. clear.CountBy(text => text.Class).Where(count => count.Value >= fewest).Select(count => count.Key).Order(StringComparer.Ordinal)];
        Dictionary<string, int> labelOf = classes.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
        TextSample[] samples = [.. clear.Where(text => labelOf.ContainsKey(text.Class)).Select(text => new TextSample(text.Text, labelOf[text.Class]))];
        if (samples.Length < sizes.Sum) throw new DataFormatException(name, $"at least {sizes.Sum} different definitions", $"{samples.Length}");
        TextSample[] test = samples[..sizes.Test], validation = samples[sizes.Test..(sizes.Test + sizes.Validation)], left = samples[(sizes.Test + sizes.Validation)..];
        TextSample[] train = isBalanced ? Balanced(name, left, classes, sizes.Train) : left[..sizes.Train];
        return new TextSplits(name, train, validation, test, classes)
        {
            Reading = FormattableString.Invariant($"{glosses.Count} definitions, {texts.Length} different ones, {texts.Length - clear.Length} with several classes left out"),
            // Classes differ in size, in tests by a factor of ten: each is to count.
            Metrics = ["macro-f1"],
            Remarks = [Remark("training", train), Remark("validation", validation), Remark("test", test)],
        };

        string Remark(string part, TextSample[] of) => $"{name}: {of.Length} {part} definitions, SHA-256 {Hash(of, classes)[..16]}…";
    }

    /// <summary>As many of each class, and of the first ones one more.</summary>
    private static TextSample[] Balanced(string name, TextSample[] left, string[] classes, int count)
    {
        (int each, int more) = Math.DivRem(count, classes.Length);
        var taken = new int[classes.Length];
        TextSample[] train = [.. left.Where(sample => taken[sample.Label]++ < each + (sample.Label < more ? 1 : 0))];
        int few = Array.FindIndex(taken, found => found < each + 1);
        return train.Length == count ? train : throw new DataFormatException(name, $"{each} or more training definitions of each class", $"{taken[few]} of {classes[few]}");
    }

    /// <summary>SHA-256 of a part: a line a sample, its class and its text.</summary>
    internal static string Hash(IReadOnlyList<TextSample> samples, IReadOnlyList<string> classes) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(samples.Select(sample => $"{classes[sample.Label]}\t{sample.Text}\n")))));
}
