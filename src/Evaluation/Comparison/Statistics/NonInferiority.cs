using MathNet.Numerics.Distributions;

namespace ResearchFreeze.Evaluation;

/// <summary>Whether a method is worse than a reference by less than a margin: a one-sided paired t test at 5 %. What is not shown is not shown to be worse.</summary>
/// <param name="Margin">How much worse would still be accepted, positive, in the endpoint's unit.</param>
/// <param name="Bound">The one-sided 95 % limit of how much worse the method is: below the margin, it is shown to be no worse. NaN for one pair.</param>
/// <param name="P">The probability of differences as good as these, were the method worse by the margin; NaN for one pair.</param>
public sealed record NonInferiority(double Margin, double Bound, double P)
{
    /// <summary>The test's level.</summary>
    public const double Level = 0.05;

    /// <summary>Whether it is shown.</summary>
    public bool IsShown => Bound < Margin;

    /// <summary>The test.</summary>
    /// <param name="differences">Method minus reference, one a seed.</param>
    /// <param name="margin">The margin.</param>
    /// <param name="higherIsBetter">Whether a positive difference is good.</param>
    /// <exception cref="ArgumentException">There is no difference, or the margin is not positive.</exception>
    public static NonInferiority Of(IReadOnlyList<double> differences, double margin, bool higherIsBetter)
    {
        ArgumentNullException.ThrowIfNull(differences);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(margin, 0);
        var paired = PairedDifference.Of(differences);
        if (paired.Seeds == 1) return new NonInferiority(margin, double.NaN, double.NaN);
        double worse = higherIsBetter ? -paired.Mean : paired.Mean, error = paired.Deviation / Math.Sqrt(paired.Seeds);
        double bound = worse + (StudentT.InvCDF(0, 1, paired.Seeds - 1, 1 - Level) * error);
        double p = error > 0 ? StudentT.CDF(0, 1, paired.Seeds - 1, (worse - margin) / error) : worse < margin ? 0 : 1;
        return new NonInferiority(margin, bound, p);
    }
}
