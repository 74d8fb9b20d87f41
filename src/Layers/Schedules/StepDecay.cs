using System.Globalization;

namespace ResearchFreeze.Layers;

/// <summary>rate · factor^⌊step / every⌋.</summary>
public sealed class StepDecay(float rate, int every, float factor = 0.1f) : Schedule
{
    private readonly float rate = Positive(rate, "step schedule");
    private readonly int every = PositiveSteps(every, "step schedule");
    private readonly float factor = Positive(factor, "step schedule's factor");

    /// <inheritdoc/>
    public override string Key => string.Create(CultureInfo.InvariantCulture, $"step:rate={rate},every={every},factor={factor}");

    /// <inheritdoc/>
    public override float Rate(int step) => rate * MathF.Pow(factor, step / every);
}
