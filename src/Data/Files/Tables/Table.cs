using System.Globalization;

namespace ResearchFreeze.Data;

/// <summary>The rows of a file as they were read: numbers and a label each.</summary>
/// <param name="Path">The file, for messages.</param>
/// <param name="Columns">Which columns were read.</param>
/// <param name="Values">The numbers, row after row.</param>
/// <param name="Labels">The label of each row.</param>
internal sealed record Table(string Path, TableColumns Columns, float[] Values, IReadOnlyList<string> Labels)
{
    /// <summary>Whether the columns' names are the file's.</summary>
    public bool HasNames { get; init; } = true;

    /// <summary>The samples with these classes.</summary>
    /// <exception cref="DataFormatException">A label is none of them, or there are not as many columns as the shape has elements.</exception>
    public HostDataSet ToSet(IReadOnlyList<int>? shape, TableLabels labels) =>
        Named(HostDataSet.FromArrays(Values, ShapeOf(shape, Columns.Used.Length), labels.ClassesOf(this), labels.Names.Length, Path).WithClassNames(labels.Names));

    /// <summary>The samples with numbers to predict: the labels' column, and the last ones of the others.</summary>
    /// <exception cref="DataFormatException">A target is no number, or there are not as many columns as the shape has elements.</exception>
    public HostDataSet ToSet(IReadOnlyList<int>? shape, IReadOnlyList<string> targets)
    {
        int rows = Labels.Count, width = Columns.Used.Length, inputs = width - targets.Count + 1;
        var values = new float[rows * inputs];
        var wanted = new float[rows * targets.Count];
        for (int row = 0; row < rows; row++)
        {
            Values.AsSpan(row * width, inputs).CopyTo(values.AsSpan(row * inputs));
            if (!float.TryParse(Labels[row], NumberStyles.Float, CultureInfo.InvariantCulture, out float first) || !float.IsFinite(first)) throw new DataFormatException(Path, $"a finite number in column '{Columns.Label}'", $"{TableText.Shown(Labels[row])} in row {row + 1}");
            wanted[row * targets.Count] = first;
            Values.AsSpan((row * width) + inputs, targets.Count - 1).CopyTo(wanted.AsSpan((row * targets.Count) + 1));
        }
        return Named(HostDataSet.FromArrays(values, ShapeOf(shape, inputs), new int[rows], 1, Path).WithTargets(wanted, targets.Count, targets));
    }

    private HostDataSet Named(HostDataSet set) => HasNames ? set.WithInputNames(Columns.Used[..set.SampleSize]) : set;

    private int[] ShapeOf(IReadOnlyList<int>? shape, int columns)
    {
        int[] sample = shape is null ? [columns] : [.. shape];
        long size = sample.Aggregate(1L, (product, length) => product * length);
        if (size != columns) throw new DataFormatException(Path, $"{size} columns of numbers, for samples of {string.Join(" × ", sample)}", $"{columns}");
        return sample;
    }
}
