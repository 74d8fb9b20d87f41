namespace ResearchFreeze.Data;

/// <summary>How a CSV file becomes a data set.</summary>
public sealed record CsvOptions : TableOptions
{
    /// <summary>Whether the first row has the columns' names. If not, they are c0, c1, … from the left.</summary>
    public bool Header { get; init; } = true;

    /// <summary>What stands between two fields: a comma, a semicolon or a tab. Numbers have a decimal point whatever it is.</summary>
    public char Separator { get; init; } = ',';
}
