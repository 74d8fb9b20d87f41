namespace ResearchFreeze.Training;

/// <summary>How a text is gone on with.</summary>
public sealed record GenerationOptions
{
    /// <summary>How many tokens are added, at least one.</summary>
    public int Tokens { get; init; } = 64;

    /// <summary>What outputs are divided by before a token is drawn; 0: the most probable one is taken, of equal ones the first.</summary>
    public double Temperature { get; init; }

    /// <summary>Keys the draws, with the sample's number: the same again gives the same text on the same device.</summary>
    public ulong Seed { get; init; }
}
