namespace ResearchFreeze.Data;

/// <summary>How a table of samples becomes a data set: one column of labels, numbers in the others. Whatever file it is in.</summary>
public record TableOptions
{
    /// <summary>The name of the column that has the labels.</summary>
    public string Label { get; init; } = "label";

    /// <summary>Columns of numbers that are to be predicted, instead of labels; null: there are labels.</summary>
    public IReadOnlyList<string>? Targets { get; init; }

    /// <summary>Takes labels as names even where all are numbers: 1, 2, 3 or −1, 1, say.</summary>
    public bool TextLabels { get; init; }

    /// <summary>The columns that are inputs, in this order; null: all but the labels and what is ignored, in the file's order. Not beside <see cref="Ignore"/>.</summary>
    public IReadOnlyList<string>? Features { get; init; }

    /// <summary>Columns that are no inputs, as a number of the row or a text.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];

    /// <summary>The shape of a sample, (height, width) or (height, width, channels) for images, whose elements the columns are; null: a vector of the columns.</summary>
    public IReadOnlyList<int>? SampleShape { get; init; }

    /// <summary>The fraction of the rows for validation.</summary>
    public double Validation { get; init; } = 0.1;

    /// <summary>The fraction of the rows for test. Without effect where <see cref="TestFile"/> is given.</summary>
    public double Test { get; init; } = 0.2;

    /// <summary>A file of the same kind with the same columns whose rows are for test; null: a fraction is.</summary>
    public string? TestFile { get; init; }

    /// <summary>Takes the fractions of each class by itself; see <see cref="DataSplits.Split(HostDataSet, double, double, ulong, bool)"/>.</summary>
    public bool Stratify { get; init; }

    /// <summary>Which rows the parts are; see <see cref="DataSplits.Split(HostDataSet, double, double, ulong, bool)"/>.</summary>
    public ulong Seed { get; init; }

    /// <summary>Normalises each column, or with a <see cref="SampleShape"/> each channel, with its mean and deviation in the training part. False takes numbers as they are.</summary>
    public bool Normalise { get; init; } = true;
}
