namespace ResearchFreeze.Autograd;

/// <summary>What the targets of an RMSprop launch have in common.</summary>
internal struct RmsPropArguments
{
    public float Alpha, Epsilon, Momentum;
    public int InMemory;
}
