namespace ResearchFreeze.Evaluation;

/// <summary>A run that is made, or goes on, in a process of its own.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Needs">The run that must be done before it; null: none.</param>
/// <param name="Arguments">What makes it, or goes on with it, where it has begun.</param>
/// <param name="State">How far it is.</param>
/// <param name="GoesOn">Whether it goes on from its folder.</param>
internal sealed record QueuedRun(string Name, string? Needs, Func<bool, IReadOnlyList<string>> Arguments, Func<RunState> State, Func<bool> GoesOn)
{
    /// <summary>Called once it is done.</summary>
    public Action? Ended { get; init; }

    /// <summary>Whether it is there, after a process that was to make it has ended well; null: as <see cref="State"/> says.</summary>
    public Func<bool>? IsMade { get; init; }

    /// <summary>Who else makes it at this moment; null: nobody.</summary>
    public Func<string?> Holder { get; init; } = () => null;
}
