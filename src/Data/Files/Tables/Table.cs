namespace ResearchFreeze.Data;

/// <summary>The rows of a file as they were read: numbers and a label each.</summary>
/// <param name="Path">The file, for messages.</param>
/// <param name="Columns">Which columns were read.</param>
/// <param name="Values">The numbers, row after row.</param>
/// <param name="Labels">The label of each row.</param>
internal sealed record Table(string Path, TableColumns Columns, float[] Values, IReadOnlyList<string> Labels)
{
    /// <summary>The samples with these classes.</summary>
    /// <exception cref="DataFormatException">A label is none of them, or there are not as many columns as the shape has elements.</exception>
    public HostDataSet ToSet(IReadOnlyList<int>? shape, TableLabels labels)
    {
        int columns = Columns.Used.Length;
        int[] sample = shape is null ? [columns] : [.. shape];
        long size = sample.Aggregate(1L, (product, length) => product * length);
        if (size != columns) throw new DataFormatException(Path, $"{size} columns of numbers, for samples of {string.Join(" × ", sample)}", $"{columns}");
        return HostDataSet.FromArrays(Values, sample, labels.ClassesOf(this), labels.Names.Length, Path).WithClassNames(labels.Names);
    }
}
