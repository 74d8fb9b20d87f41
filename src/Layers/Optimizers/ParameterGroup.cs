namespace ResearchFreeze.Layers;

/// <summary>Parameters with settings of their own: <c>new ParameterGroup("head", p => p.Path.StartsWith("head.", StringComparison.Ordinal)) { RateScale = 10 }</c>. A parameter belongs to the first group that wants it.</summary>
/// <param name="Name">For messages and logs.</param>
/// <param name="Contains">Picks the parameters.</param>
public sealed record ParameterGroup(string Name, Func<NamedParameter, bool> Contains)
{
    private readonly float rateScale = 1;

    /// <summary>What the schedule's rate is multiplied with; positive.</summary>
    public float RateScale
    {
        get => rateScale;
        init
        {
            if (!(value > 0) || !float.IsFinite(value)) throw new ArgumentOutOfRangeException(nameof(value), $"group '{Name}': the rate scale must be positive and finite, found {value}.");
            rateScale = value;
        }
    }

    /// <summary>Weight decay in place of the optimizer's, or null.</summary>
    public float? WeightDecay { get; init; }
}
