namespace ResearchFreeze.Training;

/// <summary>What a text goes on with.</summary>
/// <param name="Ids">The tokens that were added.</param>
/// <param name="Text">The same as text.</param>
/// <param name="Forgotten">How many tokens from the beginning the last one was made without, since the window had no room for them; 0: all were seen.</param>
public sealed record Continuation(IReadOnlyList<int> Ids, string Text, int Forgotten);
