namespace ResearchFreeze.Evaluation;

/// <summary>A cell under a score.</summary>
/// <param name="Score">Low: finished; NaN: no opinion.</param>
/// <param name="Price">What the freeze cost, in nats.</param>
/// <param name="Saved">What it saved, as a part of full training's operations.</param>
public sealed record AtlasPoint(double Score, double Price, double Saved);
