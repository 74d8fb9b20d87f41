namespace ResearchFreeze.Autograd;

/// <summary>The places of maxima are written or read.</summary>
internal readonly struct WithIndices : IPoolIndices
{
    public static bool Exist => true;
}
