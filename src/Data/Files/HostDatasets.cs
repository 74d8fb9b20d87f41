using System.Reflection;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>The data sets known by name, and readers of IDX and CIFAR folders and CSV files.</summary>
/// <remarks>
/// A folder of IDX files holds <c>train-images-idx3-ubyte</c>, <c>train-labels-idx1-ubyte</c>, and the same two with <c>t10k</c> (or <c>test</c>), each plain
/// or as <c>.gz</c> (plain is taken if both exist). If it holds the same two with <c>validation</c>, that is the validation set. If not, a
/// twelfth of the training images (5,000 of 60,000) is: the last ones of a permutation that is always the same, so that no run's training
/// images are another run's validation images. Both parts keep the order of the file. Classes are counted in the training labels.
/// </remarks>
public static partial class HostDatasets
{
    /// <summary>The default: a part of Fashion-MNIST that comes with the library.</summary>
    public const string FashionMnistSmallName = "fashion-mnist-small";

    /// <summary>All of Fashion-MNIST, from Debian's package.</summary>
    public const string FashionMnistName = "fashion-mnist";

    internal const string DebianPackage = "dataset-fashion-mnist";
    internal const string DebianFolder = "/usr/share/datasets/fashion-mnist";
    private const int FashionClasses = 10;
    private const int ValidationShare = 12;
    private const string Images = "images-idx3-ubyte";
    private const string Labels = "labels-idx1-ubyte";

    /// <summary>10,000 training, 1,000 validation and 2,000 test images, embedded; see <c>data/fashion-mnist-small</c>.</summary>
    public static DataSplits FashionMnistSmall()
    {
        LabelledImages train = ReadEmbedded("train"), validation = ReadEmbedded("validation"), test = ReadEmbedded("test");
        return Assemble(FashionMnistSmallName, train, validation, test, FashionClasses);
    }

    /// <summary>55,000 training, 5,000 validation and 10,000 test images, from Debian's package.</summary>
    /// <exception cref="DirectoryNotFoundException">The package is not installed.</exception>
    public static DataSplits FashionMnist() => FashionMnist(DebianFolder);

    /// <summary>A folder of IDX files; what it holds is in the remarks above.</summary>
    /// <exception cref="IOException">Something is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static DataSplits Idx(string folder) => LoadFolder(folder);

    /// <summary>
    /// CIFAR-10 in its binary version: <c>data_batch_1.bin</c> to <c>data_batch_5.bin</c> and <c>test_batch.bin</c>. A twelfth of the training images (4,166 of 50,000) is for validation, chosen as for IDX folders.
    /// Classes are called what <c>batches.meta.txt</c> says, if it is there.
    /// </summary>
    /// <exception cref="IOException">A file is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static DataSplits Cifar10(string folder)
    {
        string[] train = [.. Enumerable.Range(1, 5).Select(batch => Path.Combine(folder, $"data_batch_{batch}.bin"))];
        return Cifar("cifar10", CifarFile.Ten, folder, train, "test_batch.bin", "batches.meta.txt");
    }

    /// <summary>
    /// CIFAR-100 in its binary version: <c>train.bin</c> and <c>test.bin</c>. A twelfth of the training images is for validation, chosen as for IDX folders. Classes are called what <c>fine_label_names.txt</c> or
    /// <c>coarse_label_names.txt</c> says, if it is there.
    /// </summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="coarse">The 20 coarse labels instead of the 100 fine ones.</param>
    /// <exception cref="IOException">A file is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static DataSplits Cifar100(string folder, bool coarse = false)
    {
        CifarKind kind = coarse ? CifarFile.HundredCoarse : CifarFile.HundredFine;
        return Cifar("cifar100", kind, folder, [Path.Combine(folder, "train.bin")], "test.bin", coarse ? "coarse_label_names.txt" : "fine_label_names.txt");
    }

    internal static DataSplits FashionMnist(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"{FashionMnistName}: no folder {folder}; install it with: apt-get install {DebianPackage}");
        }
        return LoadFolder(folder, FashionMnistName, FashionClasses);
    }

    private static string Plain(string part, string kind) => $"{part}-{kind}";

    private static DataSplits LoadFolder(string folder, string? name = null, int? classes = null)
    {
        LabelledImages train = ReadPart(folder, "train");
        bool hasTest = Find(folder, "test", Images) is not null || Find(folder, "test", Labels) is not null;
        LabelledImages test = ReadPart(folder, hasTest ? "test" : "t10k");
        classes ??= train.Labels.Max() + 1;
        bool hasValidation = Find(folder, "validation", Images) is not null || Find(folder, "validation", Labels) is not null;
        LabelledImages validation;
        (train, validation) = hasValidation ? (train, ReadPart(folder, "validation")) : Split(train);
        return Assemble(name ?? folder, train, validation, test, classes.Value);
    }

    private static (LabelledImages Train, LabelledImages Validation) Split(LabelledImages all)
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

    private static DataSplits Assemble(string name, LabelledImages train, LabelledImages validation, LabelledImages test, int classes)
    {
        Normalisation normalisation = train.Measure();
        return new DataSplits(name, train.ToSet(classes, normalisation), validation.ToSet(classes, normalisation), test.ToSet(classes, normalisation));
    }

    private static DataSplits Cifar(string name, CifarKind kind, string folder, string[] trainFiles, string testFile, string namesFile)
    {
        // The smaller file first: what is missing or wrong is found before the large ones are read.
        LabelledImages test = CifarFile.Read(kind, Path.Combine(folder, testFile));
        (LabelledImages train, LabelledImages validation) = Split(CifarFile.Read(kind, trainFiles));
        DataSplits splits = Assemble(name, train, validation, test, kind.Classes);
        string names = Path.Combine(folder, namesFile);
        return File.Exists(names) ? splits.WithClassNames(CifarFile.Names(kind, names)) : splits;
    }

    private static LabelledImages ReadPart(string folder, string part)
    {
        string images = Require(folder, part, Images), labels = Require(folder, part, Labels);
        return LabelledImages.From(IdxFile.Read(images, 3), images, IdxFile.Read(labels, 1), labels);
    }

    private static string? Find(string folder, string part, string kind)
    {
        string path = Path.Combine(folder, Plain(part, kind));
        return File.Exists(path) ? path : File.Exists(path + ".gz") ? path + ".gz" : null;
    }

    private static string Require(string folder, string part, string kind)
    {
        string? path = Find(folder, part, kind);
        return path ?? throw new FileNotFoundException($"{folder}: no file {Plain(part, kind)}, plain or .gz.", Path.Combine(folder, Plain(part, kind)));
    }

    private static LabelledImages ReadEmbedded(string part)
    {
        string images = $"{FashionMnistSmallName}/{Plain(part, Images)}.gz", labels = $"{FashionMnistSmallName}/{Plain(part, Labels)}.gz";
        return LabelledImages.From(ReadResource(images, 3), images, ReadResource(labels, 1), labels);
    }

    private static IdxData ReadResource(string name, int rank)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new FileNotFoundException($"{name}: not embedded in this build; make it with scripts/make-fashion-mnist-small.cs.", name);
        return IdxFile.Read(stream, name, rank);
    }
}
