using System.Globalization;

namespace ResearchFreeze.Data;

/// <summary>The classes of a column of labels: names, or whole numbers 0 … k−1.</summary>
internal sealed class TableLabels
{
    // More classes than a table of this kind has, and fewer than there are values of what is measured.
    private const int MostNumbered = 1000;

    // A short table may have a class every few rows.
    private const int AlwaysFew = 20;
    private const int RowsAClass = 5;

    private readonly bool isNumbered;
    private readonly Dictionary<string, int> classOf;
    private readonly string source;

    /// <summary>The classes of a table's labels.</summary>
    /// <exception cref="DataFormatException">
    /// All labels are numbers, and not whole, or so many that they look like something measured, or not 0 … k−1. A large one would make a huge model, and a number to predict is no class.
    /// </exception>
    public TableLabels(Table table, bool asText)
    {
        source = table.Path;
        string[] distinct = [.. table.Labels.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        isNumbered = !asText && Array.TrueForAll(distinct, IsNumber);
        if (isNumbered)
        {
            RequireClasses(table, distinct);
            distinct = Numbered(table.Path, distinct);
        }
        Names = distinct;
        classOf = distinct.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
    }

    /// <summary>What the classes are called, in their order: whole numbers by value, others by their code points.</summary>
    public string[] Names { get; }

    /// <summary>The class of each row of a table: the one they were made of, or another.</summary>
    /// <exception cref="DataFormatException">A label is none of them.</exception>
    public int[] ClassesOf(Table table)
    {
        var classes = new int[table.Labels.Count];
        for (int row = 0; row < classes.Length; row++)
        {
            // 1, +1 and 01 are one class.
            string label = table.Labels[row], name = isNumbered && IsWhole(label) ? Whole(label).ToString(CultureInfo.InvariantCulture) : label;
            if (!classOf.TryGetValue(name, out classes[row])) throw new DataFormatException(table.Path, $"labels that {source} has", $"{TableText.Shown(label)} in row {row + 1}");
        }
        return classes;
    }

    private static void RequireClasses(Table table, string[] distinct)
    {
        string column = $"classes in column '{table.Columns.Label}'";
        const string Question = "is it a number to predict? (target=COLUMN predicts it, labels=text takes each as a class)";
        if (Array.Find(distinct, label => !IsWhole(label)) is { } real) throw new DataFormatException(table.Path, column, $"numbers that are not whole, as {TableText.Shown(real)}: {Question}");
        if (distinct.Length > MostNumbered || (distinct.Length > AlwaysFew && distinct.Length * RowsAClass > table.Labels.Count))
            throw new DataFormatException(table.Path, column, $"{distinct.Length} different numbers in {table.Labels.Count} rows: {Question}");
    }

    private static string[] Numbered(string path, string[] distinct)
    {
        int[] labels = [.. distinct.Select(Whole).Distinct().Order()];
        for (int label = 0; label < labels.Length; label++)
        {
            if (labels[label] != label)
                throw new DataFormatException(path, $"whole labels 0 … {labels.Length - 1}, without a gap (or labels=text, to take them as names)", $"{labels[label]} in place of {label}");
        }
        return [.. labels.Select(label => label.ToString(CultureInfo.InvariantCulture))];
    }

    private static bool IsNumber(string label) => double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value);

    private static bool IsWhole(string label) => int.TryParse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    private static int Whole(string label) => int.Parse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
