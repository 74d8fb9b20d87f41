namespace ResearchFreeze.Evaluation;

/// <summary>A run that is made, or goes on, in a process of its own.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Needs">The run that must be done before it; null: none.</param>
/// <param name="Arguments">What makes it, where it has not begun.</param>
/// <param name="State">How far it is.</param>
/// <param name="GoesOn">Whether it goes on from its folder.</param>
internal sealed record QueuedRun(string Name, string Folder, string? Needs, IReadOnlyList<string> Arguments, Func<RunState> State, Func<bool> GoesOn)
{
    /// <summary>Called once it is done.</summary>
    public Action? Ended { get; init; }
}
