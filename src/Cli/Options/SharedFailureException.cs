namespace ResearchFreeze.Cli;

/// <summary>All ranks know that something is wrong, and one says what.</summary>
internal sealed class SharedFailureException(int speaker, Exception? inner) : Exception(inner?.Message ?? "another rank has failed", inner)
{
    /// <summary>The rank that says it.</summary>
    public int Speaker { get; } = speaker;
}
