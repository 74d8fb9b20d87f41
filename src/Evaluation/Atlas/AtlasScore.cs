namespace ResearchFreeze.Evaluation;

/// <summary>What the criteria gave for a unit at a check of full training.</summary>
/// <param name="Run">The run.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Unit">The unit's place from the input.</param>
/// <param name="Path">The unit's path.</param>
/// <param name="Step">Steps taken.</param>
/// <param name="Steps">Steps of the run.</param>
/// <param name="Values">By column; NaN: no opinion.</param>
public sealed record AtlasScore(string Run, ulong Seed, int Unit, string Path, int Step, int Steps, IReadOnlyDictionary<string, double> Values);
