namespace ResearchFreeze.DynamicFreeze;

/// <summary>One measurement on validation data.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The value.</param>
/// <param name="HigherIsBetter">Its direction.</param>
public sealed record ValidationPoint(int Step, string Name, double Value, bool HigherIsBetter);
