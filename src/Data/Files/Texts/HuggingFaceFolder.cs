namespace ResearchFreeze.Data;

/// <summary>A data set as Hugging Face's hub has it converted: Parquet files <c>train-…</c>, <c>validation-…</c> and <c>test-…</c> in a folder, or in its folder <c>data</c>.</summary>
internal static class HuggingFaceFolder
{
    private const string Hidden = "-1";

    /// <summary>Reads the parts. Without validation texts a tenth of the training texts is; without test texts, or where their labels are kept back, the validation texts are for test.</summary>
    /// <exception cref="ArgumentException">There are not one or two columns of texts, or the fraction is out of range.</exception>
    /// <exception cref="IOException">There is no such folder, it has no training files or nothing to test on, or a <see cref="DataFormatException"/> says what is wrong with a file.</exception>
    public static TextSplits Read(string folder, TextOptions options)
    {
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"hf: no folder '{folder}'.");
        DataSplits.CheckFractions(folder, options.Validation, null);
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        TextRows? test = Rows(folder, "test", options), validation = Rows(folder, "validation", options);
        TextRows train = Rows(folder, "train", options) ?? throw new FileNotFoundException($"hf: expected train-….parquet in '{folder}' or its folder data, found none.");
        List<string> remarks = [];
        if (test is not null && test.Labels.All(label => label == Hidden))
        {
            remarks.Add($"{name}: the labels of the test part are kept back");
            test = null;
        }
        string[] classes = train.Classes();
        TextSample[] learnt = train.Samples(classes);
        if (test is null)
        {
            test = validation ?? throw new DataFormatException(folder, "test-….parquet or validation-….parquet with labels, to measure on", "neither");
            validation = null;
            remarks.Add($"{name}: the validation files are for test");
        }
        TextSample[]? held = validation?.Samples(classes);
        if (held is null)
        {
            (learnt, held) = TextFiles.Divide(name, learnt, options.Validation, options.Seed);
            remarks.Add(FormattableString.Invariant($"{name}: {held.Length} of the training texts are for validation"));
        }
        return new TextSplits(name, learnt, held, test.Samples(classes), classes) { Remarks = remarks, Reading = $"text {string.Join(" and ", options.Text)}; label {options.Label}" };
    }

    /// <summary>The rows of a part's files, which follow one another; null: there are none.</summary>
    private static TextRows? Rows(string folder, string part, TextOptions options)
    {
        string[] files = [.. ((string[])[folder, Path.Combine(folder, "data")]).Where(Directory.Exists).SelectMany(at => Directory.GetFiles(at, $"{part}-*.parquet")).Order(StringComparer.Ordinal)];
        if (files.Length == 0) return null;
        TextRows[] rows = [.. files.Select(file => ParquetFile.Read(file, options))];
        return new TextRows(files[0], [.. rows.SelectMany(file => file.Texts)], [.. rows.SelectMany(file => file.Labels)]);
    }
}
