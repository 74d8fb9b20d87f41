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
        if (options.Targets is { } targets)
        {
            if (targets.Count == 0) throw new ArgumentException($"{path}: 'target' needs at least one column.");
            if (options.TextLabels || options.Stratify) throw new ArgumentException($"{path}: '{(options.TextLabels ? "labels" : "stratify")}' has no effect beside 'target': there are no classes.");
        }
        DataSplits.CheckFractions(path, options.Validation, options.TestFile is null ? options.Test : null);
        if (options.TestFile is { } missing && !File.Exists(missing)) throw new FileNotFoundException($"{missing}: no such file.", missing);
        Table table = read(path, options, null);
        TableLabels? labels = options.Targets is null ? new TableLabels(table, options.TextLabels) : null;
        HostDataSet all = ToSet(table);
        DataSplits splits = options.TestFile is { } file
            ? DataSplits.Split(all, ToSet(read(file, options, table.Columns)), options.Validation, options.Seed, options.Stratify)
            : DataSplits.Split(all, options.Validation, options.Test, options.Seed, options.Stratify);
        if (options.Normalise) splits = splits.WithNormalisation(Normalisation.Of(splits.Train));
        return splits.WithReading(Reading(table, options, splits));

        HostDataSet ToSet(Table rows) => labels is null ? rows.ToSet(options.SampleShape, options.Targets!) : rows.ToSet(options.SampleShape, labels);
    }

    private static string Reading(Table table, TableOptions options, DataSplits splits)
    {
        TableColumns columns = table.Columns;
        string test = options.TestFile is { } file ? $" and {splits.Test.Count} of {file}" : "";
        string leftOut = columns.LeftOut.Length == 0 ? "" : $", left out {TableText.Shown(columns.LeftOut)}";
        string[] inputs = columns.Used[..^Math.Max(0, (options.Targets?.Count ?? 1) - 1)];
        string wanted = options.Targets is { } targets ? $"targets {TableText.Shown([.. targets])}" : $"labels '{columns.Label}'";
        return $"{table.Labels.Count} rows{test}, {inputs.Length} column{(inputs.Length == 1 ? "" : "s")} {TableText.Shown(inputs)}{leftOut}, {wanted}";
    }
}
