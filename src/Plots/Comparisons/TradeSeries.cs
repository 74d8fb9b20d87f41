namespace ResearchFreeze.Plots;

/// <summary>Points of a kind.</summary>
/// <param name="Name">What they are.</param>
/// <param name="Points">The points.</param>
/// <param name="IsCurve">Whether a line joins them: lengths of full training.</param>
internal sealed record TradeSeries(string Name, IReadOnlyList<TradePoint> Points, bool IsCurve);
