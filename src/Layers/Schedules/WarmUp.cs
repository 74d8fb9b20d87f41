using System.Globalization;

namespace ResearchFreeze.Layers;

/// <summary>Rises linearly over the first steps, (step + 1) / steps of what <paramref name="then"/> says, then follows it.</summary>
public sealed class WarmUp(int steps, Schedule then) : Schedule
{
    private readonly int steps = PositiveSteps(steps, "warm-up schedule");

    /// <inheritdoc/>
    public override string Key => string.Create(CultureInfo.InvariantCulture, $"warm-up:steps={steps},then {then.Key}");

    /// <inheritdoc/>
    public override bool FollowsMeasurements => then.FollowsMeasurements;

    /// <inheritdoc/>
    public override float Rate(int step) => then.Rate(step) * Math.Min(1, (step + 1) / (float)steps);

    /// <inheritdoc/>
    public override void Observe(int step, double value, bool higherIsBetter) => then.Observe(step, value, higherIsBetter);

    /// <inheritdoc/>
    public override void SaveState(StateTree state) => then.SaveState(state);

    /// <inheritdoc/>
    public override Action ReadState(StateTree state) => then.ReadState(state);
}
