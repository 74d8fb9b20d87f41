using System.Globalization;

namespace ResearchFreeze.Data;

// Tables: a label and numbers a row.
public static partial class HostDatasets
{
    private const string TableSettings = "label=label|target=a+b,labels=auto|text,features=a+b,ignore=a+b,shape=28x28x1,validation=0.1,test=0.2|FILE,stratify=0,seed=0,normalise=1";

    /// <summary>A CSV file, split into its three parts; what it holds is in <see cref="CsvOptions"/>.</summary>
    /// <exception cref="ArgumentException">An option is wrong.</exception>
    /// <exception cref="IOException">The file is missing, or a <see cref="DataFormatException"/> says what is wrong with it: the line and the column.</exception>
    public static DataSplits Csv(string path, CsvOptions? options = null) => TableSplits.Load(path, options ?? new CsvOptions(), CsvFile.Read);

    /// <summary>A file of JSON Lines, an object with the same flat fields a line, split into its three parts; what it holds is in <see cref="TableOptions"/>.</summary>
    /// <exception cref="ArgumentException">An option is wrong.</exception>
    /// <exception cref="IOException">The file is missing, or a <see cref="DataFormatException"/> says what is wrong with it: the line and the field.</exception>
    public static DataSplits JsonLines(string path, TableOptions? options = null) => TableSplits.Load(path, options ?? new TableOptions(), JsonLinesFile.Read);

    /// <summary>A Parquet file of flat columns, split into its three parts; what it holds is in <see cref="TableOptions"/>.</summary>
    /// <exception cref="ArgumentException">An option is wrong.</exception>
    /// <exception cref="IOException">The file is missing, or a <see cref="DataFormatException"/> says what is wrong with it: the column and the row.</exception>
    public static DataSplits Parquet(string path, TableOptions? options = null) => TableSplits.Load(path, options ?? new TableOptions(), ParquetFile.Read);

    private static void AddTables(Catalogue<Func<DataSplits>> sets)
    {
        sets.Add("csv", $"csv:FILE[,header=1,separator=comma|semicolon|tab,{TableSettings},{Common}]", "A table with one label column; other columns are numbers.", spec =>
        {
            string path = OnePath(spec, "csv:FILE");
            CsvOptions options = Read(spec, new CsvOptions { Header = IsSet(spec, "header", true), Separator = SeparatorOf(spec) });
            return Chosen(spec, () => Csv(path, options));
        });
        sets.Add("jsonl", $"jsonl:FILE[,{TableSettings},{Common}]", "JSON Lines: an object a line, one label field; other fields are numbers.", spec =>
        {
            string path = OnePath(spec, "jsonl:FILE");
            TableOptions options = Read(spec, new TableOptions());
            return Chosen(spec, () => JsonLines(path, options));
        });
        sets.Add("parquet", $"parquet:FILE[,{TableSettings},{Common}]", "A Parquet file of flat columns, one of labels; others are numbers.", spec =>
        {
            string path = OnePath(spec, "parquet:FILE");
            TableOptions options = Read(spec, new TableOptions());
            return Chosen(spec, () => Parquet(path, options));
        });
    }

    /// <summary>The settings of a table of texts.</summary>
    internal static TextOptions ReadTexts(Spec spec, bool isSeparated, bool isSplit = true)
    {
        int seed = spec.Integer("seed", 0);
        if (seed < 0) throw new ArgumentException($"'{spec}': seed must be 0 or more, found {seed}.");
        string? test = isSplit ? spec.Given("test") : null;
        bool isFile = test is not null && !double.TryParse(test, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        string[] text = spec.Word("text", "text").Split('+');
        if (text.Length > 2) throw new ArgumentException($"'{spec}': text is one column, or two as in text=A+B, found {text.Length}.");
        var options = new TextOptions { Text = text, Label = spec.Word("label", "label"), Validation = spec.Real("validation", 0.1), Test = isFile || !isSplit ? 0 : spec.Real("test", 0.2), TestFile = isFile ? test : null, Seed = (ulong)seed };
        return isSeparated ? options with { Header = IsSet(spec, "header", true), Separator = SeparatorOf(spec) } : options;
    }

    private static char SeparatorOf(Spec spec) => spec.Choice("separator", "comma", "semicolon", "tab", ";") switch { "comma" => ',', "tab" => '\t', _ => ';' };

    /// <summary>The settings that every table has.</summary>
    private static TOptions Read<TOptions>(Spec spec, TOptions options)
        where TOptions : TableOptions
    {
        int seed = spec.Integer("seed", 0);
        if (seed < 0) throw new ArgumentException($"'{spec}': seed must be 0 or more, found {seed}.");
        string? test = spec.Given("test");
        string? target = spec.Given("target");
        if (target is not null && spec.Given("label") is not null) throw new ArgumentException($"'{spec}': label and target are two ways to say what is predicted; give one.");
        bool isFile = test is not null && !double.TryParse(test, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        return options with
        {
            Label = spec.Word("label", "label"),
            Targets = target?.Split('+'),
            TextLabels = spec.Choice("labels", "auto", "text") == "text",
            Features = spec.Given("features")?.Split('+'),
            Ignore = spec.Given("ignore")?.Split('+') ?? [],
            SampleShape = Shape(spec),
            Validation = spec.Real("validation", 0.1),
            Test = isFile ? 0 : spec.Real("test", 0.2),
            TestFile = isFile ? test : null,
            Stratify = IsSet(spec, "stratify", false),
            Seed = (ulong)seed,
            Normalise = IsSet(spec, "normalise", true),
        };
    }

    private static bool IsSet(Spec spec, string key, bool otherwise) => spec.Choice(key, otherwise ? "1" : "0", otherwise ? "0" : "1") == "1";

    private static int[]? Shape(Spec spec)
    {
        if (spec.Given("shape") is not { } text) return null;
        string[] sizes = text.Split('x');
        bool isShape = sizes.Length is >= 1 and <= 3 && Array.TrueForAll(sizes, size => int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length > 0);
        return isShape ? Array.ConvertAll(sizes, size => int.Parse(size, NumberStyles.None, CultureInfo.InvariantCulture)) : throw new ArgumentException($"'{spec}': shape is one to three sizes, as in 28x28 or 28x28x1, found '{text}'.");
    }
}
