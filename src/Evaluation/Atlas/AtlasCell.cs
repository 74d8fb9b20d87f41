namespace ResearchFreeze.Evaluation;

/// <summary>One fork of an atlas.</summary>
/// <param name="Name">Its folder's name below <c>cells</c>.</param>
/// <param name="Unit">The unit that is frozen, or the last one of the prefix: its place from the input.</param>
/// <param name="Step">Steps taken when it is frozen.</param>
/// <param name="Fork">What is done differently from full training.</param>
public sealed record AtlasCell(string Name, int Unit, int Step, DynamicFreeze.Fork Fork);
