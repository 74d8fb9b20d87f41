using System.Globalization;

namespace ResearchFreeze.Layers;

/// <summary>end + (rate − end) · (1 − step / steps)^power; the end afterwards. A power of 1 is a straight line (Devlin et al. 2019 train BERT so).</summary>
public sealed class Polynomial : Schedule
{
    private readonly float rate, power, end;
    private readonly int steps;

    /// <summary>A rate that falls over so many steps.</summary>
    /// <param name="rate">At step 0.</param>
    /// <param name="steps">Where the end is reached.</param>
    /// <param name="power">Positive: above 1 it falls faster at first, below 1 later.</param>
    /// <param name="end">The rate from <paramref name="steps"/> on: in [0, <paramref name="rate"/>).</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is none of these.</exception>
    public Polynomial(float rate, int steps, float power = 1, float end = 0)
    {
        this.rate = Positive(rate, "polynomial schedule");
        this.steps = PositiveSteps(steps, "polynomial schedule");
        if (!(power > 0) || !float.IsFinite(power)) throw new ArgumentOutOfRangeException(nameof(power), string.Create(CultureInfo.InvariantCulture, $"polynomial schedule: the power must be positive and finite, found {power}."));
        if (!(end >= 0 && end < rate)) throw new ArgumentOutOfRangeException(nameof(end), string.Create(CultureInfo.InvariantCulture, $"polynomial schedule: the end must be in [0, {rate}), below the learning rate, found {end}."));
        (this.power, this.end) = (power, end);
    }

    /// <inheritdoc/>
    public override string Key => string.Create(CultureInfo.InvariantCulture, $"polynomial:rate={rate},steps={steps},power={power},end={end}");

    /// <inheritdoc/>
    public override float Rate(int step) => (float)(end + ((rate - end) * Math.Pow(1 - Math.Min(1, step / (double)steps), power)));
}
