namespace ResearchFreeze.Plots;

/// <summary>Steps in which a unit does one thing.</summary>
/// <param name="From">Steps taken before the first of them.</param>
/// <param name="To">Steps taken after the last.</param>
/// <param name="Phase">What it does.</param>
public sealed record UnitSpan(int From, int To, UnitPhase Phase);
