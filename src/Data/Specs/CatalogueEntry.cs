namespace ResearchFreeze.Data;

/// <summary>Something that can be named on the command line, as it is shown.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Usage">How it is written, with its settings and their defaults; the name alone where it has none.</param>
/// <param name="Summary">What it is, in one line; empty where nobody said.</param>
public sealed record CatalogueEntry(string Name, string Usage, string Summary)
{
    /// <summary>More about it, for who asks for it alone: texts under headings.</summary>
    public IReadOnlyList<(string Heading, string Text)> Details { get; init; } = [];
}
