namespace ResearchFreeze.Plots;

/// <summary>Where a unit was frozen or thawed.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Score">Its score then, or the last one known.</param>
/// <param name="IsFreeze">Frozen or thawed.</param>
public sealed record ScoreMark(int Step, double Score, bool IsFreeze);
