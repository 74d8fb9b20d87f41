namespace ResearchFreeze.Autograd;

/// <summary>How an attention weighs its values.</summary>
public sealed record AttentionOptions
{
    /// <summary>All keys, scores over the root of a head's size, no dropout.</summary>
    public static AttentionOptions Default { get; } = new();

    /// <summary>What scores are multiplied with; null: 1 / √(size of a head).</summary>
    public float? Scale { get; init; }

    /// <summary>Whether a query sees only keys up to its own place. There must be as many keys as queries.</summary>
    public bool IsCausal { get; init; }

    /// <summary>Dropout of weights; probability 0: none.</summary>
    public DropoutKey Dropout { get; init; }
}
