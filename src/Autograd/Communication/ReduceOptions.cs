namespace ResearchFreeze.Autograd;

/// <summary>How gradients of several ranks are added up.</summary>
public sealed record ReduceOptions
{
    private readonly int shards;
    private readonly int bucketBytes = 4 << 20;

    /// <summary>0: as the communicator adds, beside the backward pass; the same number of ranks gives the same bits. Else every batch is cut into so many parts, whose gradients are added in their order, whatever the number of ranks: bits do not depend on it.</summary>
    public int Shards
    {
        get => shards;
        init => shards = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Reduce: parts of a batch must be 0 or more, found {value}.");
    }

    /// <summary>A bucket is reduced as soon as it has so many bytes of final gradients.</summary>
    public int BucketBytes
    {
        get => bucketBytes;
        init => bucketBytes = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Reduce: a bucket must have a positive number of bytes, found {value}.");
    }
}
