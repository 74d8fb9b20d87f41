namespace ResearchFreeze.DynamicFreeze;

/// <summary>A check.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Units">What the rule was shown.</param>
public sealed record RecordedCheck(int Step, IReadOnlyList<RecordedView> Units);
