namespace ResearchFreeze.Data;

/// <summary>How a file of texts becomes a data set: one or two columns of texts, and one of labels.</summary>
public sealed record TextOptions
{
    /// <summary>The names of the columns with the texts: one, or two for pairs.</summary>
    public IReadOnlyList<string> Text { get; init; } = ["text"];

    /// <summary>The name of the column with the labels, which are names of classes, numbers too.</summary>
    public string Label { get; init; } = "label";

    /// <summary>The fraction of the rows for validation.</summary>
    public double Validation { get; init; } = 0.1;

    /// <summary>The fraction of the rows for test. Without effect where <see cref="TestFile"/> is given.</summary>
    public double Test { get; init; } = 0.2;

    /// <summary>A file of the same kind whose rows are for test; null: a fraction is.</summary>
    public string? TestFile { get; init; }

    /// <summary>Which rows the parts are, as in tables.</summary>
    public ulong Seed { get; init; }

    /// <summary>Of separated fields: whether the first row has the columns' names. If not, they are c0, c1, … from the left.</summary>
    public bool Header { get; init; } = true;

    /// <summary>Of separated fields: what stands between two: a comma, a semicolon or a tab.</summary>
    public char Separator { get; init; } = ',';

    /// <summary>Of separated fields: whether one in double quotes may have separators and line ends in it. False takes a quote for a character, as GLUE's files are written.</summary>
    public bool Quotes { get; init; } = true;

    /// <summary>Whether rows with more or fewer fields are left out and counted, as some of GLUE's are broken; they are an error otherwise.</summary>
    internal bool SkipsOddRows { get; init; }
}
