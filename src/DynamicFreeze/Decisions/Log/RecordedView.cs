namespace ResearchFreeze.DynamicFreeze;

/// <summary>What the rule was shown of a unit at a check.</summary>
/// <param name="Path">The unit.</param>
/// <param name="IsFrozen">Whether it was frozen.</param>
/// <param name="Age">Steps since it was last observed.</param>
/// <param name="Score">The criterion's score; NaN: no opinion.</param>
/// <param name="Explanation">The numbers behind it.</param>
/// <param name="Debt">The probed gradient over that at the freeze; NaN: not known.</param>
public sealed record RecordedView(string Path, bool IsFrozen, int Age, double Score, string Explanation, double Debt);
