using MathNet.Numerics.Distributions;

namespace ResearchFreeze.Evaluation;

/// <summary>How many seeds show that a method is not worse by a margin, if it is no worse at all: from the deviation of paired differences that a pilot gave.</summary>
public static class SampleSize
{
    /// <summary>How often a method that is no worse is shown to be.</summary>
    public const double Power = 0.8;

    private const int Most = 1_000_000;

    /// <summary>The least n with n ≥ ((t(1 − level, n − 1) + t(power, n − 1)) · deviation / margin)², at least 2.</summary>
    /// <param name="deviation">The standard deviation of the paired differences.</param>
    /// <param name="margin">The margin, in the same unit.</param>
    /// <returns>Seeds; null: more than a million.</returns>
    public static int? Seeds(double deviation, double margin)
    {
        if (!(deviation >= 0)) throw new ArgumentOutOfRangeException(nameof(deviation), FormattableString.Invariant($"Sample size: the deviation must be 0 or more, found {deviation}."));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(margin, 0);
        // What Student's t adds to the normal distribution's number is a few seeds, so that it is found by counting up from there.
        double ratio = deviation / margin, normal = Normal.InvCDF(0, 1, 1 - NonInferiority.Level) + Normal.InvCDF(0, 1, Power);
        double start = normal * normal * ratio * ratio;
        if (!(start < Most)) return null;
        int seeds = Math.Max(2, (int)Math.Floor(start));
        while (seeds < Needed(seeds)) seeds++;
        return seeds;

        double Needed(int count)
        {
            double sum = (StudentT.InvCDF(0, 1, count - 1, 1 - NonInferiority.Level) + StudentT.InvCDF(0, 1, count - 1, Power)) * ratio;
            return sum * sum;
        }
    }
}
