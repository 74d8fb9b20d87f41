using ResearchFreeze.Evaluation;

namespace ResearchFreeze.Plots;

/// <summary>A point of a picture of what something costs and what it gives: means over seeds with their intervals.</summary>
/// <param name="Label">What stands beside it; empty: nothing.</param>
/// <param name="X">The cost.</param>
/// <param name="Y">What it gives.</param>
internal sealed record TradePoint(string Label, PairedDifference X, PairedDifference Y);
