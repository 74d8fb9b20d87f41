using System.Text.RegularExpressions;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>
/// A folder of IDX files under the names that circulate: <c>train-images-idx3-ubyte</c> or <c>train-images.idx3-ubyte</c>, and so on, each plain or as <c>.gz</c>, all with what stands before them in one set:
/// <c>emnist-letters-train-images-idx3-ubyte</c>. A name with a hyphen is taken before one with a dot, plain before <c>.gz</c>.
/// </summary>
internal sealed partial class IdxFolder
{
    private const int ValidationShare = 12;
    private const int MostNamed = 10;

    private readonly string folder;
    private readonly string prefix;
    private readonly List<string> remarks = [];

    /// <param name="folder">The folder.</param>
    /// <param name="set">What the files' names begin with, before "-train-images…"; null: nothing, or where there are no such files the only beginning there is.</param>
    public IdxFolder(string folder, string? set)
    {
        this.folder = folder;
        prefix = set is null ? FindPrefix() : $"{set}-";
        if (prefix.Length > 0 && set is null) remarks.Add($"read the files {prefix}…");
        // Cohen et al. 2017 converted NIST's images column by column.
        if (prefix.StartsWith("emnist-", StringComparison.Ordinal)) remarks.Add("EMNIST's files have rows and columns exchanged: letters lie on their side, mirrored; they are taken as they are stored");
    }

    /// <summary>The three parts; what is guessed is in their remarks.</summary>
    /// <param name="name">What reports call the data set; null: the folder's path.</param>
    /// <param name="classes">How many classes there are; null: counted in the training labels.</param>
    public DataSplits Load(string? name, int? classes)
    {
        LabelledImages train = Read("train");
        LabelledImages test = Read(Has("test") ? "test" : "t10k");
        LabelledImages? validation = Has("validation") ? Read("validation") : null;
        int most = train.Labels.Max();
        bool fromOne = classes is null && train.Labels.Min() == 1;
        if (fromOne)
        {
            train = FromOne(train, train, most);
            test = FromOne(test, train, most);
            validation = validation is null ? null : FromOne(validation, train, most);
            remarks.Add($"labels begin at 1: label 1 is class 0, label {most} class {most - 1}");
        }
        int count = classes ?? (fromOne ? most : most + 1);
        if (classes is null) NameMissing(train, count, fromOne ? 1 : 0);
        if (validation is null) (train, validation) = Split(train);
        DataSplits splits = Assemble(name ?? folder, train, validation, test, count, remarks);
        return fromOne ? splits.WithClassNames([.. Enumerable.Range(1, count).Select(label => $"{label}")]) : splits;
    }

    /// <summary>Training and validation images: the last twelfth of a permutation that is always the same. Both keep the order of the file.</summary>
    public static (LabelledImages Train, LabelledImages Validation) Split(LabelledImages all)
    {
        int count = all.Labels.Length;
        if (count < 2) throw new DataFormatException(all.Name, "at least two images, one of them for validation", $"{count}");
        var order = new int[count];
        SampleOrder.Permute(order, new RandomStream(0, "data/validation-split"));
        int training = count - Math.Max(1, count / ValidationShare);
        order.AsSpan(0, training).Sort();
        order.AsSpan(training).Sort();
        return (all.Select(order.AsSpan(0, training)), all.Select(order.AsSpan(training)));
    }

    /// <summary>The three parts, normalised by the training images.</summary>
    public static DataSplits Assemble(string name, LabelledImages train, LabelledImages validation, LabelledImages test, int classes, params IReadOnlyList<string> remarks)
    {
        foreach (LabelledImages other in (LabelledImages[])[validation, test])
        {
            if (!other.SampleShape.AsSpan().SequenceEqual(train.SampleShape)) throw new DataFormatException(other.ImagesName, $"images of {string.Join(" × ", train.SampleShape)}, as in {train.ImagesName}", $"{string.Join(" × ", other.SampleShape)}");
        }
        Normalisation normalisation = train.Measure();
        return new DataSplits(name, train.ToSet(classes, normalisation), validation.ToSet(classes, normalisation), test.ToSet(classes, normalisation)) { Remarks = remarks };
    }

    private static LabelledImages FromOne(LabelledImages part, LabelledImages train, int most)
    {
        int bad = Array.FindIndex(part.Labels, label => label < 1 || label > most);
        if (bad >= 0) throw new DataFormatException(part.Name, $"labels in [1, {most}], as in {train.Name}", $"{part.Labels[bad]} at sample {bad}");
        return part with { Labels = Array.ConvertAll(part.Labels, label => label - 1) };
    }

    private void NameMissing(LabelledImages train, int count, int first)
    {
        var seen = new HashSet<int>(train.Labels);
        int[] missing = [.. Enumerable.Range(0, count).Where(label => !seen.Contains(label)).Select(label => label + first)];
        if (missing.Length > 0) remarks.Add($"no training image has label {string.Join(", ", missing.Take(MostNamed))}{(missing.Length > MostNamed ? $" and {missing.Length - MostNamed} more" : "")}; each is a class all the same");
    }

    private LabelledImages Read(string part)
    {
        string images = Require(part, "images", 3), labels = Require(part, "labels", 1);
        return LabelledImages.From(IdxFile.Read(images, 3), images, IdxFile.Read(labels, 1), labels);
    }

    private bool Has(string part) => Find(prefix, part, "images", 3) is not null || Find(prefix, part, "labels", 1) is not null;

    private string Require(string part, string kind, int rank)
    {
        if (Find(prefix, part, kind, rank) is { } path) return path;
        string[] names = NamesOf(prefix, part, kind, rank);
        throw new FileNotFoundException($"{folder}: no file {string.Join(" or ", names)}, plain or .gz.", Path.Combine(folder, names[0]));
    }

    private string? Find(string before, string part, string kind, int rank) =>
        NamesOf(before, part, kind, rank).SelectMany(name => (string[])[name, $"{name}.gz"]).Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static string[] NamesOf(string before, string part, string kind, int rank) => [$"{before}{part}-{kind}-idx{rank}-ubyte", $"{before}{part}-{kind}.idx{rank}-ubyte"];

    private string FindPrefix()
    {
        if (!Directory.Exists(folder) || Find("", "train", "images", 3) is not null || Find("", "train", "labels", 1) is not null) return "";
        string[] found = [.. Directory.EnumerateFiles(folder).Select(path => TrainingImages().Match(Path.GetFileName(path))).Where(match => match.Success).Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal)];
        if (found.Length > 1) throw new DataFormatException(folder, $"one set of IDX files, or its name as set={found[0]}", $"{string.Join(", ", found.Take(MostNamed))}{(found.Length > MostNamed ? ", …" : "")}");
        return found.Length == 0 ? "" : $"{found[0]}-";
    }

    [GeneratedRegex(@"^(.+)-train-images[-.]idx3-ubyte(\.gz)?$")]
    private static partial Regex TrainingImages();
}
