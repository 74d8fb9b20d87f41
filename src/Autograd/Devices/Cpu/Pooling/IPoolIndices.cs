namespace ResearchFreeze.Autograd;

/// <summary>Whether a pooling loop is made with indices; a choice made once instead of at every element.</summary>
internal interface IPoolIndices
{
    static abstract bool Exist { get; }
}
