namespace ResearchFreeze.Evaluation;

/// <summary>A measured rate or time; it never decides whether a device is good, but what throws while it is measured does.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The figure; null where it could not be measured.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Limit">What the device cannot exceed, in the same unit; null: unknown.</param>
/// <param name="Failure">What measuring threw, in one line; null: nothing.</param>
public sealed record DoctorRate(string Name, double? Value, string Unit, double? Limit, string? Failure);
