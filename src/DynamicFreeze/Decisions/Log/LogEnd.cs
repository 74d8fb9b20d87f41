namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a run's summary says of its end.</summary>
internal sealed record LogEnd
{
    public bool Cancelled { get; init; }

    public string? Failure { get; init; }
}
