namespace ResearchFreeze.Images;

/// <summary>How a folder of images becomes a data set.</summary>
public sealed record ImageOptions
{
    /// <summary>Height and width of a sample in pixels: the shorter side of an image is resized to it, and the middle of the longer one is kept.</summary>
    public int Size { get; init; } = 32;

    /// <summary>One channel of luma, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), in place of red, green and blue.</summary>
    public bool Grey { get; init; }

    /// <summary>The fraction of the images for validation, where the folder has none of its own; null: 0.1.</summary>
    public double? Validation { get; init; }

    /// <summary>The fraction of the images for test, where the folder has none of its own; null: 0.2.</summary>
    public double? Test { get; init; }

    /// <summary>Takes the fractions of each class by itself.</summary>
    public bool Stratify { get; init; }

    /// <summary>Which images those are; see <see cref="Data.DataSplits.Split(Data.HostDataSet, double, double, ulong, bool)"/>.</summary>
    public ulong Seed { get; init; }
}
