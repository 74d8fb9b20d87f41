namespace ResearchFreeze.DynamicFreeze;

/// <summary>How a <see cref="ForwardCache"/> keeps what a frozen prefix gave.</summary>
public sealed record CacheOptions
{
    private readonly long limit;
    private readonly int variants = 1;

    /// <summary>The most bytes that are kept; 0: a quarter of the memory that this process may use. What does not fit is computed.</summary>
    public long Limit
    {
        get => limit;
        init => limit = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Cache: the limit must be 0 or more bytes, found {value}.");
    }

    /// <summary>A folder for a memory-mapped file, which the next run with the same weights and samples goes on with; null: memory, which ends with the cache.</summary>
    public string? Folder { get; init; }

    /// <summary>What <see cref="Folder"/>'s file is of, in words that differ where samples or their augmentation do. The file is found again by it, so it has no default there.</summary>
    public string? Identity { get; init; }

    /// <summary>Whether values are kept as float16: half the memory, other bits. It is tried on the first batch, and float32 is kept where the model's outputs move by more than a hundredth of the largest.</summary>
    public bool IsHalf { get; init; }

    /// <summary>Whether everything is kept at the end of the frozen prefix, also where reading it costs more than computing it.</summary>
    public bool IsForced { get; init; }

    /// <summary>How many augmentations of a sample come again and again; more of them are an error.</summary>
    public int Variants
    {
        get => variants;
        init => variants = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Cache: there must be at least 1 variant of a sample, found {value}.");
    }

    /// <summary>How many samples there are, variants counted: with it the boundary is put where what is kept fits the limit. 0: it is not known.</summary>
    public long Samples { get; init; }
}
