namespace ResearchFreeze.DynamicFreeze;

/// <summary>A control: only embeddings and the head train.</summary>
public static class EmbeddingsOnly
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "embeddings-only",
            Title = "Embeddings only",
            Summary = "Trains embeddings and heads alone: what LISA trains beside its blocks.",
            Paper = "A control and no published method.",
            Formula = ["all units but those with embeddings and heads are frozen before the first step"],
            Granularity = "Units, for the whole run. Tables of tokens and places and the projection of patches are embeddings.",
            Frozen = "As under any rule. The gradient passes through all blocks on its way to the embeddings, so little is saved.",
            Here = ["A model without embeddings is an error."],
        },
        _ => Policy());

    /// <summary>The policy.</summary>
    public static Policy Policy() => new(new NoCriterion(), new OnlyHeads(keepsEmbeddings: true), steps => Method.Options(steps, steps)) { Method = Method };
}
