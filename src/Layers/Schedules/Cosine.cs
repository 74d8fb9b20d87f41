using System.Globalization;

namespace ResearchFreeze.Layers;

/// <summary>minimum + (rate − minimum) · (1 + cos(π · step / steps)) / 2 (Loshchilov and Hutter 2017, without restarts); the minimum afterwards.</summary>
public sealed class Cosine(float rate, int steps, float minimum = 0) : Schedule
{
    private readonly float rate = Positive(rate, "cosine schedule");
    private readonly int steps = PositiveSteps(steps, "cosine schedule");

    /// <inheritdoc/>
    public override string Key => string.Create(CultureInfo.InvariantCulture, $"cosine:rate={rate},steps={steps},minimum={minimum}");

    /// <inheritdoc/>
    public override float Rate(int step)
    {
        double progress = Math.Min(1, step / (double)steps);
        return (float)(minimum + ((rate - minimum) * (1 + Math.Cos(Math.PI * progress)) / 2));
    }
}
