namespace ResearchFreeze.Data;

// Data sets as they are written on the command line.
public static partial class HostDatasets
{
    // More classes than any set of this kind has, and few enough that a range of them is no burden.
    internal const int MostClasses = 1 << 16;

    private const string Common = "classes=0-4+7,mean=0.5,deviation=0.25";

    /// <summary>The names that need no path.</summary>
    public static IReadOnlyList<string> Names { get; } = [FashionMnistSmallName, FashionMnistName];

    /// <summary>
    /// A catalogue with all of them, to add more to: an entry reads its settings and gives a function that loads. Every built-in one takes <c>classes</c>, a choice of classes, and <c>mean</c> and <c>deviation</c>,
    /// one number or one a channel, in place of those of the training part. Lists are joined by '+'.
    /// </summary>
    public static Catalogue<Func<DataSplits>> Catalogue()
    {
        var sets = new Catalogue<Func<DataSplits>>("data set");
        sets.Add(FashionMnistSmallName, $"{FashionMnistSmallName}[:{Common}]", "10,000 images of Fashion-MNIST that come with the library.", spec => Chosen(spec, FashionMnistSmall));
        sets.Add(FashionMnistName, $"{FashionMnistName}[:{Common}]", "All of Fashion-MNIST, from the Debian package dataset-fashion-mnist.", spec => Chosen(spec, FashionMnist));
        sets.Add("idx", $"idx:FOLDER[,set=emnist-letters,{Common}]", "A folder of IDX files, as MNIST and EMNIST have them.", spec =>
        {
            string folder = Folder(spec);
            string? set = spec.Given("set");
            return Chosen(spec, () => Idx(folder, set));
        });
        sets.Add("cifar10", $"cifar10:FOLDER[,{Common}]", "CIFAR-10, the binary version.", spec =>
        {
            string folder = Folder(spec);
            return Chosen(spec, () => Cifar10(folder));
        });
        sets.Add("cifar100", $"cifar100:FOLDER[,labels=fine|coarse,{Common}]", "CIFAR-100, the binary version.", spec =>
        {
            string folder = Folder(spec);
            bool coarse = spec.Choice("labels", "fine", "coarse") == "coarse";
            return Chosen(spec, () => Cifar100(folder, coarse));
        });
        AddTables(sets);
        return sets;
    }

    /// <summary>A data set as it is written on the command line, or from a folder of IDX files.</summary>
    /// <exception cref="ArgumentException">It is neither, or a setting is wrong; the message lists the known ones.</exception>
    /// <exception cref="IOException">Something is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static DataSplits Load(string nameOrPath = FashionMnistSmallName) => Load(nameOrPath, Catalogue(), TextDatasets.Catalogue());

    /// <summary>A data set of a catalogue, or from a folder of IDX files.</summary>
    /// <exception cref="ArgumentException">It is neither, or a setting is wrong; the message lists the known ones.</exception>
    /// <exception cref="IOException">Something is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static DataSplits Load(string nameOrPath, Catalogue<Func<DataSplits>> catalogue) => Load(nameOrPath, catalogue, []);

    private static DataSplits Load(string nameOrPath, Catalogue<Func<DataSplits>> catalogue, IEnumerable<string> others)
    {
        ArgumentNullException.ThrowIfNull(nameOrPath);
        ArgumentNullException.ThrowIfNull(catalogue);
        if (catalogue.Names.Contains(nameOrPath.Split(':')[0])) return catalogue.Create(nameOrPath)();
        if (Directory.Exists(nameOrPath)) return Idx(nameOrPath);
        string folder = $"the path of a folder with {Plain("train", Images)}[.gz] and its companions";
        throw new ArgumentException($"'{nameOrPath}' is no data set: known are {string.Join(", ", catalogue.Names.Union(others).Order(StringComparer.Ordinal))}, or {folder}.");
    }

    /// <summary>A data set of one of two catalogues, or from a folder of IDX files.</summary>
    /// <param name="nameOrPath">The data set.</param>
    /// <param name="catalogue">Data sets of values.</param>
    /// <param name="texts">Data sets of texts.</param>
    /// <param name="ofModel">The tokenizer of the model that the data are for: what makes tokens of texts whose spec names none; null: it has none.</param>
    /// <param name="lengthOfModel">The most tokens of a sample that the model takes, where the spec names no length; null: it is not known.</param>
    /// <exception cref="ArgumentException">It is neither, or a setting is wrong; the message lists the known ones.</exception>
    /// <exception cref="IOException">Something is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static DataSplits Load(string nameOrPath, Catalogue<Func<DataSplits>> catalogue, Catalogue<TextSource> texts, Func<ITokenizer>? ofModel = null, int? lengthOfModel = null)
    {
        ArgumentNullException.ThrowIfNull(nameOrPath);
        ArgumentNullException.ThrowIfNull(texts);
        string name = nameOrPath.Split(':')[0];
        // A table is of texts where it is said which column they are in.
        bool isText = texts.Names.Contains(name) && (!catalogue.Names.Contains(name) || Spec.Parse(nameOrPath).Has("text"));
        return isText ? texts.Create(nameOrPath).Load(ofModel, lengthOfModel) : Load(nameOrPath, catalogue, texts.Names);
    }

    /// <summary>Reads the settings that every data set has (<c>classes</c>, <c>mean</c>, <c>deviation</c>) and does what they say to what is loaded: for entries of one's own.</summary>
    /// <exception cref="ArgumentException">A setting is wrong.</exception>
    public static Func<DataSplits> Chosen(Spec spec, Func<DataSplits> load)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(load);
        int[]? classes = spec.Ranges("classes", MostClasses);
        double[]? means = spec.Reals("mean"), deviations = spec.Reals("deviation");
        if (means is null != deviations is null) throw new ArgumentException($"'{spec}': mean and deviation are given together or not at all.");
        Normalisation? normalisation = means is null ? null : new Normalisation(means, deviations);
        return () =>
        {
            DataSplits splits = load();
            if (classes is not null) splits = splits.WithClasses(classes);
            return normalisation is null ? splits : splits.WithNormalisation(normalisation);
        };
    }

    internal static string Folder(Spec spec)
    {
        string folder = OnePath(spec, $"{spec.Name}:FOLDER");
        return Directory.Exists(folder) ? folder : throw new DirectoryNotFoundException($"{spec.Name}: no folder '{folder}'.");
    }

    internal static string OnePath(Spec spec, string usage)
    {
        string[] words = spec.Words();
        return words.Length == 1 ? words[0] : throw new ArgumentException($"'{spec}': expected one path without a comma, as in {usage}, found {words.Length}.");
    }
}
