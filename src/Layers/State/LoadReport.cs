namespace ResearchFreeze.Layers;

/// <summary>What a state dict and a model had that did not fit.</summary>
/// <param name="Missing">Parameters and buffers of the model that the file lacks.</param>
/// <param name="Unexpected">Entries of the file that the model lacks.</param>
/// <param name="Mismatched">Both have them, with other shapes, or the file's are no reals.</param>
public sealed record LoadReport(IReadOnlyList<string> Missing, IReadOnlyList<string> Unexpected, IReadOnlyList<string> Mismatched)
{
    /// <summary>Whether everything fitted.</summary>
    public bool IsExact => Missing.Count + Unexpected.Count + Mismatched.Count == 0;

    /// <summary>One line.</summary>
    public override string ToString() => IsExact ? "everything loaded" : string.Join("; ", new[] { Line("missing", Missing), Line("unexpected", Unexpected), Line("of another shape or type", Mismatched) }.Where(line => line.Length > 0));

    private static string Line(string what, IReadOnlyList<string> names) =>
        names.Count == 0 ? "" : $"{what}: {string.Join(", ", names.Take(6))}{(names.Count > 6 ? $" and {names.Count - 6} more" : "")}";
}
