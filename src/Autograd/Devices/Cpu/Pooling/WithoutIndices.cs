namespace ResearchFreeze.Autograd;

/// <summary>No places.</summary>
internal readonly struct WithoutIndices : IPoolIndices
{
    public static bool Exist => false;
}
