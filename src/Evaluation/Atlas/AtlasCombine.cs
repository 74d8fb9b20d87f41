namespace ResearchFreeze.Evaluation;

/// <summary>How the scores of a prefix's units become one.</summary>
public enum AtlasCombine
{
    /// <summary>The largest: a prefix is finished when all of it is.</summary>
    Max,

    /// <summary>Their sum, for prices in nats.</summary>
    Sum,

    /// <summary>That of its last unit.</summary>
    Last,
}
