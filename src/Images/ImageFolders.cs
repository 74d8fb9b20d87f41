using ResearchFreeze.Data;

namespace ResearchFreeze.Images;

/// <summary>Folders of images as data sets.</summary>
public static class ImageFolders
{
    private const double ValidationShare = 0.1, TestShare = 0.2;
    private const int LargestSize = 4096;
    private const string Train = "train";
    private static readonly string[] ValidationNames = ["val", "valid", "validation"];
    private static readonly string[] TestNames = ["test"];

    /// <summary>
    /// A folder with one folder a class, or with <c>train</c>, and perhaps <c>val</c> (<c>valid</c>, <c>validation</c>) and <c>test</c>, with one folder a class in each. What has no folder of its own is split off from the training
    /// images. Images are PNG, JPEG and WebP, also in folders below a class's; they are turned upright as EXIF says, laid over black where they are transparent, and resized and cropped to one size.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <exception cref="ArgumentException">An option is wrong or would have no effect.</exception>
    /// <exception cref="IOException">A folder is missing, or a <see cref="DataFormatException"/> names the file that is broken.</exception>
    public static DataSplits Load(string folder, ImageOptions? options = null)
    {
        options ??= new ImageOptions();
        if (options.Size is < 1 or > LargestSize) throw new ArgumentException($"{folder}: size is in [1, {LargestSize}] pixels, found {options.Size}.");
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"images: no folder '{folder}'.");
        bool hasParts = Directory.Exists(Path.Combine(folder, Train));
        string training = hasParts ? Path.Combine(folder, Train) : folder;
        string? validation = hasParts ? PartIn(folder, ValidationNames) : null, test = hasParts ? PartIn(folder, TestNames) : null;
        CheckEffects(folder, options, validation, test);
        string[] classes = ImageFolder.ClassesIn(training);
        if (classes.Length == 0) throw new DataFormatException(training, "one folder a class", "none");
        var reader = new ImageFolder(options);
        HostDataSet all = Set(training, needsAll: true);
        HostDataSet? ownValidation = validation is null ? null : Set(validation, needsAll: false), ownTest = test is null ? null : Set(test, needsAll: false);
        DataSplits splits = Divide(all, ownValidation, ownTest, options);
        string reading = $"images resized and cropped to {options.Size} × {options.Size}{(options.Grey ? ", grey" : "")}{(hasParts ? $", parts from {Names(validation, test)}" : "")}";
        return new DataSplits(folder, splits.Train, splits.Validation, splits.Test) { Remarks = reader.Remarks, Reading = reading }.WithNormalisation(Normalisation.Of(splits.Train));

        HostDataSet Set(string part, bool needsAll)
        {
            (byte[] pixels, int[] labels) = reader.Read(part, classes, needsAll);
            // The constants are the training part's, which is not known yet.
            int[] shape = options.Grey ? [options.Size, options.Size] : [options.Size, options.Size, 3];
            return HostDataSet.FromPixels(pixels, shape, labels, classes.Length, new Normalisation(0, 1), part).WithClassNames(classes);
        }
    }

    /// <summary>Adds <c>images</c> to the data sets that can be named.</summary>
    public static void AddTo(Catalogue<Func<DataSplits>> sets)
    {
        ArgumentNullException.ThrowIfNull(sets);
        string common = "classes=0-4+7,mean=0.5,deviation=0.25";
        sets.Add("images", $"images:FOLDER[,size=32,grey=0,validation=0.1,test=0.2,stratify=0,seed=0,{common}]", "A folder of PNG, JPEG or WebP images, one folder a class.", spec =>
        {
            string[] words = spec.Words();
            if (words.Length != 1) throw new ArgumentException($"'{spec}': expected one path without a comma, as in images:FOLDER, found {words.Length}.");
            int seed = spec.Integer("seed", 0);
            if (seed < 0) throw new ArgumentException($"'{spec}': seed must be 0 or more, found {seed}.");
            var options = new ImageOptions
            {
                Size = spec.Integer("size", 32),
                Grey = spec.Choice("grey", "0", "1") == "1",
                Validation = spec.Given("validation") is null ? null : spec.Real("validation", ValidationShare),
                Test = spec.Given("test") is null ? null : spec.Real("test", TestShare),
                Stratify = spec.Choice("stratify", "0", "1") == "1",
                Seed = (ulong)seed,
            };
            return HostDatasets.Chosen(spec, () => Load(words[0], options));
        });
    }

    private static DataSplits Divide(HostDataSet all, HostDataSet? validation, HostDataSet? test, ImageOptions options)
    {
        double forValidation = options.Validation ?? ValidationShare, forTest = options.Test ?? TestShare;
        if (validation is not null && test is not null) return new DataSplits(all.Name, all, validation, test);
        if (test is not null) return DataSplits.Split(all, test, forValidation, options.Seed, options.Stratify);
        if (validation is null) return DataSplits.Split(all, forValidation, forTest, options.Seed, options.Stratify);
        // The same function, with the parts' names exchanged.
        DataSplits other = DataSplits.Split(all, validation, forTest, options.Seed, options.Stratify);
        return new DataSplits(all.Name, other.Train, validation, other.Validation);
    }

    private static void CheckEffects(string folder, ImageOptions options, string? validation, string? test)
    {
        if (validation is not null && options.Validation is not null) throw new ArgumentException($"{folder}: 'validation' has no effect where there is a folder {validation}.");
        if (test is not null && options.Test is not null) throw new ArgumentException($"{folder}: 'test' has no effect where there is a folder {test}.");
        if (validation is not null && test is not null && (options.Stratify || options.Seed != 0)) throw new ArgumentException($"{folder}: '{(options.Stratify ? "stratify" : "seed")}' has no effect where all three parts have folders.");
    }

    private static string? PartIn(string folder, string[] names)
    {
        string[] found = [.. names.Select(name => Path.Combine(folder, name)).Where(Directory.Exists)];
        return found.Length <= 1 ? found.FirstOrDefault() : throw new DataFormatException(folder, "one folder for a part", string.Join(" and ", found.Select(path => Path.GetFileName(path))));
    }

    private static string Names(string? validation, string? test) => string.Join(", ", new[] { Train, validation, test }.Where(path => path is not null).Select(path => Path.GetFileName(path)));
}
