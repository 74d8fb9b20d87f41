namespace ResearchFreeze.Evaluation;

/// <summary>What a cell was predicted to cost, and what it cost.</summary>
/// <param name="Cell">The cell; its <see cref="AtlasRow.Price"/> is what was paid.</param>
/// <param name="Predicted">In nats: of a prefix, the sum over its units.</param>
/// <param name="Drift">The largest score of the criterion <c>drift</c> of the units that were frozen; NaN: not known for one of them.</param>
public sealed record AtlasPrice(AtlasRow Cell, double Predicted, double Drift)
{
    /// <summary>The policy <c>adaptive</c> calls a unit stationary whose drift is at most this.</summary>
    public const double StationaryDrift = 0.15;

    /// <summary>Whether every unit that was frozen only shook around a point, by <see cref="Drift"/>. The annealing debt is a price for such units only.</summary>
    public bool IsStationary => Drift <= StationaryDrift;
}
