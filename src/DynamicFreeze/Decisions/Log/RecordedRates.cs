namespace ResearchFreeze.DynamicFreeze;

/// <summary>Rates that a rule moved on after the entry that said so.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Rates">The new ones; units that are not named keep theirs.</param>
public sealed record RecordedRates(int Step, IReadOnlyList<UnitRate> Rates);
