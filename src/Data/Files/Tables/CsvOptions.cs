namespace ResearchFreeze.Data;

/// <summary>How a CSV file becomes a data set.</summary>
public sealed record CsvOptions
{
    /// <summary>The name of the column that has the labels.</summary>
    public string Label { get; init; } = "label";

    /// <summary>Takes labels as names even where all are whole numbers: 1, 2, 3 or −1, 1, say.</summary>
    public bool TextLabels { get; init; }

    /// <summary>The fraction of the rows for validation.</summary>
    public double Validation { get; init; } = 0.1;

    /// <summary>The fraction of the rows for test.</summary>
    public double Test { get; init; } = 0.2;

    /// <summary>Which rows those are; see <see cref="DataSplits.Split"/>.</summary>
    public ulong Seed { get; init; }

    /// <summary>Normalises each column with its mean and deviation in the training part. False takes numbers as they are.</summary>
    public bool Normalise { get; init; } = true;
}
