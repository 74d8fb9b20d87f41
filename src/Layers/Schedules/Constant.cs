using System.Globalization;

namespace ResearchFreeze.Layers;

/// <summary>The same rate at every step.</summary>
public sealed class Constant(float rate) : Schedule
{
    private readonly float rate = Positive(rate, "constant schedule");

    /// <inheritdoc/>
    public override string Key => string.Create(CultureInfo.InvariantCulture, $"constant:rate={rate}");

    /// <inheritdoc/>
    public override float Rate(int step) => rate;
}
