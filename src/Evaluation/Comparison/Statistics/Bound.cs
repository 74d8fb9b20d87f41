namespace ResearchFreeze.Evaluation;

/// <summary>What is known of a number.</summary>
public enum Bound
{
    /// <summary>That it is less than a value.</summary>
    Less = -1,

    /// <summary>The number itself.</summary>
    Exact = 0,

    /// <summary>That it is greater than a value.</summary>
    Greater = 1,
}
