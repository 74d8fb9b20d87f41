namespace ResearchFreeze.Evaluation;

/// <summary>The difference of two methods that were run with the same seeds, with a 95 % interval of its mean.</summary>
/// <param name="Seeds">Pairs.</param>
/// <param name="Mean">Their mean difference.</param>
/// <param name="Deviation">The standard deviation of the differences (n − 1); NaN for one pair.</param>
/// <param name="Low">The interval's lower end; NaN for one pair.</param>
/// <param name="High">Its upper end; NaN for one pair.</param>
/// <param name="Interval">How the interval was made: <c>t</c> or <c>bootstrap</c>.</param>
public sealed record PairedDifference(int Seeds, double Mean, double Deviation, double Low, double High, string Interval)
{
    /// <summary>Student's t.</summary>
    public const string StudentT = "t";

    /// <summary>Percentiles of resampled means.</summary>
    public const string Bootstrapped = "bootstrap";

    /// <summary>From so many pairs on the interval is made by bootstrap: fewer are too few to resample.</summary>
    public const int BootstrapFrom = 20;

    /// <summary>The interval's confidence.</summary>
    public const double Confidence = 0.95;

    /// <summary>Mean over standard deviation (Cohen's d of paired differences); NaN where all differences are equal, or there is one.</summary>
    public double EffectSize => Deviation > 0 ? Mean / Deviation : double.NaN;

    /// <summary>Of differences, one a seed.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static PairedDifference Of(IReadOnlyList<double> differences)
    {
        ArgumentNullException.ThrowIfNull(differences);
        if (differences.Count == 0) throw new ArgumentException("A paired difference needs at least one pair, found none.", nameof(differences));
        int count = differences.Count;
        double mean = differences.Average();
        if (count == 1) return new PairedDifference(1, mean, double.NaN, double.NaN, double.NaN, StudentT);
        double deviation = DeviationOf(differences, mean);
        if (count >= BootstrapFrom)
        {
            (double low, double high) = Bootstrap.Interval(count, drawn => drawn.Average(seed => differences[seed]), Comparer<double>.Default, Confidence);
            return new PairedDifference(count, mean, deviation, low, high, Bootstrapped);
        }
        double half = MathNet.Numerics.Distributions.StudentT.InvCDF(0, 1, count - 1, (1 + Confidence) / 2) * deviation / Math.Sqrt(count);
        return new PairedDifference(count, mean, deviation, mean - half, mean + half, StudentT);
    }

    /// <summary>Of two methods' values, paired by their place.</summary>
    /// <exception cref="ArgumentException">There is none, or their numbers differ.</exception>
    public static PairedDifference Of(IReadOnlyList<double> method, IReadOnlyList<double> reference)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(reference);
        if (method.Count != reference.Count) throw new ArgumentException($"Paired values must be as many, found {method.Count} and {reference.Count}.");
        return Of([.. method.Zip(reference, (one, other) => one - other)]);
    }

    /// <summary>The standard deviation, with n − 1.</summary>
    internal static double DeviationOf(IReadOnlyList<double> values, double mean) => Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
}
