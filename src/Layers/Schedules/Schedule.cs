namespace ResearchFreeze.Layers;

/// <summary>A learning rate for each step. Stateless: the optimizer's step count says where it is.</summary>
public abstract class Schedule
{
    /// <summary>The learning rate of a step, counted from 0.</summary>
    public abstract float Rate(int step);

    /// <summary>Checks a rate that must be positive and finite.</summary>
    protected static float Positive(float rate, string schedule)
    {
        if (!(rate > 0) || !float.IsFinite(rate)) throw new ArgumentOutOfRangeException(nameof(rate), $"{schedule}: the learning rate must be positive and finite, found {rate}.");
        return rate;
    }

    /// <summary>Checks a number of steps that must be positive.</summary>
    protected static int PositiveSteps(int steps, string schedule)
    {
        if (steps <= 0) throw new ArgumentOutOfRangeException(nameof(steps), $"{schedule}: the number of steps must be positive, found {steps}.");
        return steps;
    }
}

/// <summary>The same rate at every step.</summary>
public sealed class Constant(float rate) : Schedule
{
    private readonly float rate = Positive(rate, "constant schedule");

    /// <inheritdoc/>
    public override float Rate(int step) => rate;
}

/// <summary>rate · factor^⌊step / every⌋.</summary>
public sealed class StepDecay(float rate, int every, float factor = 0.1f) : Schedule
{
    private readonly float rate = Positive(rate, "step schedule");
    private readonly int every = PositiveSteps(every, "step schedule");
    private readonly float factor = Positive(factor, "step schedule's factor");

    /// <inheritdoc/>
    public override float Rate(int step) => rate * MathF.Pow(factor, step / every);
}

/// <summary>minimum + (rate − minimum) · (1 + cos(π · step / steps)) / 2 (Loshchilov and Hutter 2017, without restarts); the minimum afterwards.</summary>
public sealed class Cosine(float rate, int steps, float minimum = 0) : Schedule
{
    private readonly float rate = Positive(rate, "cosine schedule");
    private readonly int steps = PositiveSteps(steps, "cosine schedule");

    /// <inheritdoc/>
    public override float Rate(int step)
    {
        double progress = Math.Min(1, step / (double)steps);
        return (float)(minimum + ((rate - minimum) * (1 + Math.Cos(Math.PI * progress)) / 2));
    }
}

/// <summary>Rises linearly over the first steps, (step + 1) / steps of what <paramref name="then"/> says, then follows it.</summary>
public sealed class WarmUp(int steps, Schedule then) : Schedule
{
    private readonly int steps = PositiveSteps(steps, "warm-up schedule");

    /// <inheritdoc/>
    public override float Rate(int step) => then.Rate(step) * Math.Min(1, (step + 1) / (float)steps);
}

/// <summary>One cycle (Smith 2018) with cosine phases: maximum / divider up to the maximum over the first part, then down to start / finalDivider.</summary>
public sealed class OneCycle(float maximum, int steps, float risingPart = 0.3f, float divider = 25, float finalDivider = 1e4f) : Schedule
{
    private readonly float maximum = Positive(maximum, "one-cycle schedule");
    private readonly int steps = PositiveSteps(steps, "one-cycle schedule");

    /// <inheritdoc/>
    public override float Rate(int step)
    {
        double start = maximum / divider, end = start / finalDivider;
        // As PyTorch counts: the peak is reached at step risingPart·steps − 1 and the end at the last step.
        double peak = (risingPart * steps) - 1, last = steps - 1;
        if (step <= peak) return (float)Between(start, maximum, peak <= 0 ? 1 : step / peak);
        return (float)Between(maximum, end, last <= peak ? 1 : Math.Min(1, (step - peak) / (last - peak)));
    }

    private static double Between(double from, double to, double progress) => to + ((from - to) * (1 + Math.Cos(Math.PI * progress)) / 2);
}
