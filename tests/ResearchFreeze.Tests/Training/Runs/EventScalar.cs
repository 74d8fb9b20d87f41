namespace ResearchFreeze.Tests.Training;

/// <summary>A number in an event file.</summary>
internal sealed record EventScalar(double Wall, long Step, string Tag, float Value);
