using System.Globalization;

namespace ResearchFreeze.Data;

/// <summary>The rows of a file as they were read: one or two texts, and a label each.</summary>
/// <param name="Path">The file, for messages.</param>
/// <param name="Texts">The texts of each row.</param>
/// <param name="Labels">The label of each row.</param>
internal sealed record TextRows(string Path, IReadOnlyList<string[]> Texts, IReadOnlyList<string> Labels)
{
    // More classes than texts of this kind have, and fewer than there are values of what is measured.
    private const int MostClasses = 1000;

    /// <summary>Rows that were left out, since they have more or fewer fields.</summary>
    public int Skipped { get; init; }

    /// <summary>The classes that occur, in their order: whole numbers by value, other names by their code points.</summary>
    /// <exception cref="DataFormatException">There are so many that they look like something measured.</exception>
    public string[] Classes()
    {
        string[] distinct = [.. Labels.Distinct(StringComparer.Ordinal)];
        if (distinct.Length > MostClasses) throw new DataFormatException(Path, $"at most {MostClasses} classes", $"{distinct.Length} different labels");
        return distinct.All(IsWhole) ? [.. distinct.OrderBy(label => int.Parse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))] : [.. distinct.Order(StringComparer.Ordinal)];
    }

    /// <summary>The samples.</summary>
    /// <param name="classes">The labels, in the order of the classes.</param>
    /// <exception cref="DataFormatException">A label is none of them.</exception>
    public TextSample[] Samples(IReadOnlyList<string> classes)
    {
        Dictionary<string, int> labelOf = classes.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
        return [.. Texts.Select((texts, row) => labelOf.TryGetValue(Labels[row], out int label)
            ? new TextSample(texts[0], label, texts.Length > 1 ? texts[1] : null)
            : throw new DataFormatException(Path, $"labels {TableText.Shown([.. classes])}", $"{TableText.Shown(Labels[row])} in row {row + 1}"))];
    }

    private static bool IsWhole(string label) => int.TryParse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
}
