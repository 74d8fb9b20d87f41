namespace ResearchFreeze.Autograd;

/// <summary>What the targets of an Adam launch have in common.</summary>
internal struct AdamArguments
{
    public float Beta1, Beta2, Epsilon;
    public int Coupled, InMemory;
}
