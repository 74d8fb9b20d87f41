namespace ResearchFreeze.Autograd;

/// <summary>Which gradients of an attention are wanted, each with what its old content is multiplied with; null: that one is not.</summary>
/// <param name="Query">Of the queries, rows as they are.</param>
/// <param name="Key">Of the keys, likewise.</param>
/// <param name="Value">Of the values, likewise.</param>
/// <param name="QueryBeta">0 overwrites.</param>
/// <param name="KeyBeta">0 overwrites.</param>
/// <param name="ValueBeta">0 overwrites.</param>
public readonly record struct AttentionGradients(TensorRange? Query, TensorRange? Key, TensorRange? Value, float QueryBeta = 0, float KeyBeta = 0, float ValueBeta = 0)
{
    /// <summary>Whether the scores' gradient is needed: not for the values' alone.</summary>
    public bool NeedsScores => Query is not null || Key is not null;

    /// <summary>Products over all pairs: the scores again, their gradient, and one a wanted gradient.</summary>
    public int Products => 1 + (NeedsScores ? 1 : 0) + (Query is null ? 0 : 1) + (Key is null ? 0 : 1) + (Value is null ? 0 : 1);
}
