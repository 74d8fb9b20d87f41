using System.Reflection;

namespace ResearchFreeze.Data;

/// <summary>The data sets known by name, and readers of IDX and CIFAR folders and CSV files.</summary>
/// <remarks>
/// A folder of IDX files holds <c>train-images-idx3-ubyte</c> (or <c>train-images.idx3-ubyte</c>), <c>train-labels-idx1-ubyte</c>, and the same two with <c>t10k</c> (or <c>test</c>), each plain
/// or as <c>.gz</c> (plain is taken if both exist). All names may begin with the same word, as in <c>emnist-letters-train-images-idx3-ubyte</c>. If it holds the same two with <c>validation</c>, that is the validation set. If
/// not, a twelfth of the training images (5,000 of 60,000) is: the last ones of a permutation that is always the same, so that no run's training
/// images are another run's validation images. Both parts keep the order of the file. Classes are counted in the training labels; where these begin at 1, label 1 is class 0, which a remark says.
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
    private const string Images = "images-idx3-ubyte";
    private const string Labels = "labels-idx1-ubyte";

    /// <summary>10,000 training, 1,000 validation and 2,000 test images, embedded; see <c>data/fashion-mnist-small</c>.</summary>
    public static DataSplits FashionMnistSmall()
    {
        LabelledImages train = ReadEmbedded("train"), validation = ReadEmbedded("validation"), test = ReadEmbedded("test");
        return IdxFolder.Assemble(FashionMnistSmallName, train, validation, test, FashionClasses);
    }

    /// <summary>55,000 training, 5,000 validation and 10,000 test images, from Debian's package.</summary>
    /// <exception cref="DirectoryNotFoundException">The package is not installed.</exception>
    public static DataSplits FashionMnist() => FashionMnist(DebianFolder);

    /// <summary>A folder of IDX files; what it holds is in the remarks above.</summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="set">What their names begin with, as <c>emnist-letters</c>; null: nothing, or the only beginning there is.</param>
    /// <exception cref="IOException">Something is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static DataSplits Idx(string folder, string? set = null) => new IdxFolder(folder, set).Load(null, null);

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
        return new IdxFolder(folder, null).Load(FashionMnistName, FashionClasses);
    }

    private static string Plain(string part, string kind) => $"{part}-{kind}";

    private static DataSplits Cifar(string name, CifarKind kind, string folder, string[] trainFiles, string testFile, string namesFile)
    {
        // The smaller file first: what is missing or wrong is found before the large ones are read.
        LabelledImages test = CifarFile.Read(kind, Path.Combine(folder, testFile));
        (LabelledImages train, LabelledImages validation) = IdxFolder.Split(CifarFile.Read(kind, trainFiles));
        DataSplits splits = IdxFolder.Assemble(name, train, validation, test, kind.Classes);
        string names = Path.Combine(folder, namesFile);
        return File.Exists(names) ? splits.WithClassNames(CifarFile.Names(kind, names)) : splits;
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
