namespace ResearchFreeze.Data;

/// <summary>Which columns of a file are read.</summary>
/// <param name="Label">The name of the column with the labels.</param>
/// <param name="LabelAt">Where it stands among the file's columns.</param>
/// <param name="Used">The names of the inputs, in their order.</param>
/// <param name="UsedAt">Where they stand.</param>
/// <param name="LeftOut">The names of what is not read.</param>
internal sealed record TableColumns(string Label, int LabelAt, string[] Used, int[] UsedAt, string[] LeftOut)
{
    /// <summary>The columns of texts and of their labels.</summary>
    /// <exception cref="DataFormatException">A column is not there, or is there twice.</exception>
    public static TableColumns Choose(string path, string[] columns, TextOptions options)
    {
        int labelAt = Find(path, columns, options.Label, "with the labels");
        int[] texts = [.. options.Text.Select(name => Find(path, columns, name, "of texts"))];
        if (texts.Contains(labelAt) || texts.Distinct().Count() != texts.Length) throw new DataFormatException(path, "a column for each text and another for the labels", TableText.Shown([.. options.Text, options.Label]));
        return new TableColumns(options.Label, labelAt, [.. options.Text], texts, [.. columns.Where((_, column) => column != labelAt && !texts.Contains(column))]);
    }

    /// <summary>The columns that the options say.</summary>
    /// <exception cref="DataFormatException">A column is not there, is there twice, or none is left.</exception>
    public static TableColumns Choose(string path, string[] columns, TableOptions options)
    {
        string label = options.Targets is { } targets ? targets[0] : options.Label;
        int labelAt = Find(path, columns, label, options.Targets is null ? "with the labels" : "to predict");
        // Further targets stand behind the inputs.
        int[] further = [.. (options.Targets ?? []).Skip(1).Select(name => Find(path, columns, name, "to predict"))];
        if (further.Append(labelAt).Distinct().Count() <= further.Length) throw new DataFormatException(path, "each target once", TableText.Shown([.. options.Targets!]));
        string what = options.Targets is null ? "labels' column" : "targets' columns";
        int[] used;
        if (options.Features is { } features)
        {
            used = [.. features.Select(name => Find(path, columns, name, "of numbers"))];
            if (used.Contains(labelAt) || used.Intersect(further).Any()) throw new DataFormatException(path, $"the {what} beside the features", $"'{columns[used.First(column => column == labelAt || further.Contains(column))]}' among them");
            if (used.Distinct().Count() != used.Length) throw new DataFormatException(path, "each feature once", TableText.Shown([.. features]));
        }
        else
        {
            int[] ignored = [.. options.Ignore.Select(name => Find(path, columns, name, "to ignore"))];
            if (ignored.Contains(labelAt) || ignored.Intersect(further).Any()) throw new DataFormatException(path, $"the {what} beside those that are ignored", $"'{columns[ignored.First(column => column == labelAt || further.Contains(column))]}' among them");
            used = [.. Enumerable.Range(0, columns.Length).Where(column => column != labelAt && !ignored.Contains(column) && !further.Contains(column))];
        }
        if (used.Length == 0) throw new DataFormatException(path, $"a column of numbers beside '{label}'", "none");
        used = [.. used, .. further];
        string[] leftOut = [.. Enumerable.Range(0, columns.Length).Where(column => column != labelAt && !used.Contains(column)).Select(column => columns[column])];
        return new TableColumns(label, labelAt, [.. used.Select(column => columns[column])], used, leftOut);
    }

    /// <summary>Where a second file has the same columns; what else it has is left out.</summary>
    /// <exception cref="DataFormatException">One is not there, or is there twice.</exception>
    public TableColumns In(string path, string[] columns)
    {
        int labelAt = Find(path, columns, Label, "with the labels");
        int[] used = [.. Used.Select(name => Find(path, columns, name, "of numbers"))];
        return this with { LabelAt = labelAt, UsedAt = used };
    }

    private static int Find(string path, string[] columns, string name, string what)
    {
        int[] found = [.. Enumerable.Range(0, columns.Length).Where(column => columns[column] == name)];
        // The wrong separator makes one column of a line.
        string hint = columns.Length == 1 && columns[0].AsSpan().IndexOfAny(";\t") is >= 0 and int at ? $" (separator={(columns[0][at] == ';' ? "semicolon" : "tab")}?)" : "";
        return found.Length == 1 ? found[0] : throw new DataFormatException(path, $"one column '{name}' {what}", found.Length == 0 ? $"the columns {TableText.Shown(columns)}{hint}" : $"{found.Length} of them");
    }
}
