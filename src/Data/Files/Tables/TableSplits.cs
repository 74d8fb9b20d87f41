namespace ResearchFreeze.Data;

/// <summary>Makes a data set of tables, whatever files they were in.</summary>
internal static class TableSplits
{
    /// <summary>Reads the file, and the test file if there is one, and splits.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What is read and how it is split.</param>
    /// <param name="read">Reads a file: all columns that the options say, or those of a file that was read before.</param>
    /// <exception cref="ArgumentException">Options contradict each other, or a fraction is out of range.</exception>
    public static DataSplits Load<TOptions>(string path, TOptions options, Func<string, TOptions, TableColumns?, Table> read)
        where TOptions : TableOptions
    {
        if (options.Features is not null && options.Ignore.Count > 0) throw new ArgumentException($"{path}: 'ignore' has no effect beside 'features', which leaves all other columns out.");
        DataSplits.CheckFractions(path, options.Validation, options.TestFile is null ? options.Test : null);
        if (options.TestFile is { } missing && !File.Exists(missing)) throw new FileNotFoundException($"{missing}: no such file.", missing);
        Table table = read(path, options, null);
        var labels = new TableLabels(table, options.TextLabels);
        HostDataSet all = table.ToSet(options.SampleShape, labels);
        DataSplits splits = options.TestFile is { } file
            ? DataSplits.Split(all, read(file, options, table.Columns).ToSet(options.SampleShape, labels), options.Validation, options.Seed, options.Stratify)
            : DataSplits.Split(all, options.Validation, options.Test, options.Seed, options.Stratify);
        if (options.Normalise) splits = splits.WithNormalisation(Normalisation.Of(splits.Train));
        return splits.WithReading(Reading(table, options, splits));
    }

    private static string Reading(Table table, TableOptions options, DataSplits splits)
    {
        TableColumns columns = table.Columns;
        string test = options.TestFile is { } file ? $" and {splits.Test.Count} of {file}" : "";
        string leftOut = columns.LeftOut.Length == 0 ? "" : $", left out {TableText.Shown(columns.LeftOut)}";
        return $"{table.Labels.Count} rows{test}, {columns.Used.Length} column{(columns.Used.Length == 1 ? "" : "s")} {TableText.Shown(columns.Used)}{leftOut}, labels '{columns.Label}'";
    }
}
