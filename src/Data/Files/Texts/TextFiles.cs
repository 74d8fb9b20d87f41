using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>Texts with labels from files, in tables or as they are published.</summary>
public static class TextFiles
{
    private const int AgNewsTrain = 120_000, AgNewsTest = 7_600, ImdbPart = 25_000;

    /// <summary>Fields between separators: CSV, or TSV.</summary>
    /// <exception cref="ArgumentException">There are not one or two columns of texts, or a fraction is out of range.</exception>
    /// <exception cref="IOException">A file is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static TextSplits Csv(string path, TextOptions? options = null) => Read(path, options ?? new TextOptions(), CsvFile.Read);

    /// <summary>An object a line.</summary>
    /// <exception cref="ArgumentException">There are not one or two columns of texts, or a fraction is out of range.</exception>
    /// <exception cref="IOException">A file is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static TextSplits JsonLines(string path, TextOptions? options = null) => Read(path, options ?? new TextOptions(), JsonLinesFile.Read);

    /// <summary>A Parquet file. Where Hugging Face's library has written what classes are called, they are called so.</summary>
    /// <exception cref="ArgumentException">There are not one or two columns of texts, or a fraction is out of range.</exception>
    /// <exception cref="IOException">A file is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static TextSplits Parquet(string path, TextOptions? options = null) => Read(path, options ?? new TextOptions(), ParquetFile.Read);

    /// <summary>A folder of Parquet files as Hugging Face's hub has data sets converted: <c>train-…</c>, and <c>validation-…</c> and <c>test-…</c> where they are there, in it or in its folder <c>data</c>.</summary>
    /// <exception cref="ArgumentException">There are not one or two columns of texts, or the fraction is out of range.</exception>
    /// <exception cref="IOException">A file is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static TextSplits HuggingFace(string folder, TextOptions? options = null) => HuggingFaceFolder.Read(folder, Checked(folder, options ?? new TextOptions()));

    /// <summary>AG News (Zhang et al. 2015): <c>train.csv</c> and <c>test.csv</c> without a header, of a class from 1 to 4, a title and a description, which are one text.</summary>
    /// <exception cref="IOException">A file is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static TextSplits AgNews(string folder)
    {
        string[] numbers = ["1", "2", "3", "4"], names = ["World", "Sports", "Business", "Sci/Tech"];
        var options = new TextOptions { Header = false, Text = ["c1", "c2"], Label = "c0" };
        // The smaller file first: what is missing or wrong is found before the large one is read.
        TextSample[] test = Samples("test.csv"), training = Samples("train.csv");
        (TextSample[] train, TextSample[] validation) = Divide("agnews", training, options.Validation, options.Seed);
        return new TextSplits("agnews", train, validation, test, names) { Remarks = [Published("agnews", "training", training.Length, AgNewsTrain), Published("agnews", "test", test.Length, AgNewsTest)] };

        TextSample[] Samples(string file) => [.. CsvFile.Read(Path.Combine(folder, file), options).Samples(numbers).Select(sample => new TextSample($"{sample.Text} {sample.Second}", sample.Label))];
    }

    /// <summary>IMDB's film reviews (Maas et al. 2011): a file each in <c>train/pos</c>, <c>train/neg</c>, <c>test/pos</c> and <c>test/neg</c>.</summary>
    /// <exception cref="IOException">A folder is missing or empty, or a <see cref="DataFormatException"/> says what is wrong with a file.</exception>
    public static TextSplits Imdb(string folder)
    {
        string[] names = ["neg", "pos"];
        TextSample[] test = Samples("test"), training = Samples("train");
        var options = new TextOptions();
        (TextSample[] train, TextSample[] validation) = Divide("imdb", training, options.Validation, options.Seed);
        return new TextSplits("imdb", train, validation, test, names) { Remarks = [Published("imdb", "training", training.Length, ImdbPart), Published("imdb", "test", test.Length, ImdbPart)] };

        TextSample[] Samples(string part) => [.. names.SelectMany((name, label) =>
        {
            string reviews = Path.Combine(folder, part, name);
            if (!Directory.Exists(reviews)) throw new DirectoryNotFoundException($"imdb: no folder '{reviews}'.");
            string[] files = [.. Directory.GetFiles(reviews, "*.txt").Order(StringComparer.Ordinal)];
            if (files.Length == 0) throw new DataFormatException(reviews, "reviews, a .txt file each", "none");
            return files.Select(file => new TextSample(TokenizerJson.Strict(file, () => File.ReadAllText(file, StrictText.Encoding)), label));
        })];
    }

    /// <summary>A task of GLUE (Wang et al. 2019) from its files of tab-separated fields. The labels of its test part are kept back: what is measured on is <c>dev.tsv</c>, and validation is split off from <c>train.tsv</c>.</summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="task"><c>cola</c>, <c>mnli</c>, <c>mrpc</c>, <c>qnli</c>, <c>qqp</c>, <c>rte</c>, <c>sst2</c> or <c>wnli</c>.</param>
    /// <exception cref="ArgumentException">There is no such task.</exception>
    /// <exception cref="IOException">A file is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static TextSplits Glue(string folder, string task)
    {
        GlueTask glue = GlueTask.Of(task);
        string name = $"glue-{task}";
        TextRows dev = CsvFile.Read(Path.Combine(folder, glue.DevFile), glue.Options), rows = CsvFile.Read(Path.Combine(folder, "train.tsv"), glue.Options);
        string[] classes = rows.Classes();
        (TextSample[] train, TextSample[] validation) = Divide(name, rows.Samples(classes), glue.Options.Validation, glue.Options.Seed);
        return new TextSplits(name, train, validation, dev.Samples(classes), classes)
        {
            Remarks = [Published(name, "training", rows.Labels.Count, glue.Train), Published(name, "dev", dev.Labels.Count, glue.Dev), .. Skipped(rows), .. Skipped(dev), $"{name}: the labels of the test part are not public; {glue.DevFile} is for test, and a tenth of train.tsv for validation"],
        };
    }

    private static TextSplits Read(string path, TextOptions options, Func<string, TextOptions, TextRows> read)
    {
        Checked(path, options);
        DataSplits.CheckFractions(path, options.Validation, options.TestFile is null ? options.Test : null);
        TextRows? own = options.TestFile is { } file ? read(file, options) : null;
        TextRows rows = read(path, options);
        string[] classes = rows.Classes();
        TextSample[] all = rows.Samples(classes);
        string name = Path.GetFileNameWithoutExtension(path), reading = FormattableString.Invariant($"{all.Length} rows; text {string.Join(" and ", options.Text)}; label {options.Label}");
        if (own is not null)
        {
            (TextSample[] training, TextSample[] held) = Divide(name, all, options.Validation, options.Seed);
            return new TextSplits(name, training, held, own.Samples(classes), classes) { Reading = reading };
        }
        // Fractions of all rows, as in tables.
        (TextSample[] rest, TextSample[] test) = Divide(name, all, options.Test, options.Seed);
        (TextSample[] train, TextSample[] validation) = Divide(name, rest, options.Validation * all.Length / rest.Length, options.Seed);
        return new TextSplits(name, train, validation, test, classes) { Reading = reading };
    }

    private static TextOptions Checked(string path, TextOptions options) =>
        options.Text.Count is 1 or 2 ? options : throw new ArgumentException($"{path}: expected one column of texts, or two, found {options.Text.Count}.");

    /// <summary>Splits a fraction off at random, at least one sample, rounded down. The parts keep their order.</summary>
    internal static (TextSample[] Left, TextSample[] Part) Divide(string name, TextSample[] samples, double fraction, ulong seed)
    {
        int count = Math.Max(1, (int)(samples.Length * fraction));
        if (count >= samples.Length) throw new DataFormatException(name, "at least three texts, for training, validation and test", $"{samples.Length} to split");
        var order = new int[samples.Length];
        SampleOrder.Permute(order, new RandomStream(seed, "data/split"));
        return (At(order[..^count]), At(order[^count..]));

        TextSample[] At(int[] places) => [.. places.Order().Select(place => samples[place])];
    }

    private static IEnumerable<string> Skipped(TextRows rows) => rows.Skipped > 0 ? [$"{rows.Path}: {rows.Skipped} rows with more or fewer fields than the header were left out"] : [];

    private static string Published(string name, string part, int found, int published) =>
        FormattableString.Invariant($"{name}: {found} {part} texts, {(found == published ? "as published" : $"where {published} are published")}");
}
