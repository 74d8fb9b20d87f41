namespace ResearchFreeze.Evaluation;

/// <summary>The sign-flip test (Fisher 1935): were two methods alike, each paired difference could as well have the other sign. No distribution is assumed.</summary>
public static class SignFlip
{
    /// <summary>The least probability of n seeds is 2 / 2ⁿ: with 10 it is 0.002, which stands a correction for a score of tests; with 5 it is 0.06, and nothing could be found.</summary>
    public const int LeastSeeds = 10;

    private const int MostExact = 20;
    private const int Draws = 100_000;
    private const int Stream = 20_261_130;

    // Sums of the same numbers in another order differ in their last bits.
    private const double Slack = 1 - 1e-12;

    /// <summary>The two-sided probability of a mean as far from zero. All signs up to 20 differences, 100,000 drawn ones (with the observed) above.</summary>
    /// <param name="differences">One a seed.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static double P(IReadOnlyList<double> differences)
    {
        ArgumentNullException.ThrowIfNull(differences);
        if (differences.Count == 0) throw new ArgumentException("A sign-flip test needs at least one pair, found none.", nameof(differences));
        double[] values = [.. differences];
        double found = Math.Abs(values.Sum()) * Slack;
        if (values.Length > MostExact) return Drawn(values, found);
        int all = 1 << values.Length, asFar = 0;
        for (int signs = 0; signs < all; signs++)
        {
            double sum = 0;
            for (int i = 0; i < values.Length; i++) sum += ((signs >> i) & 1) == 0 ? values[i] : -values[i];
            if (Math.Abs(sum) >= found) asFar++;
        }
        return asFar / (double)all;
    }

    private static double Drawn(double[] values, double found)
    {
        var random = new Random(Stream);
        int asFar = 1;
        for (int draw = 0; draw < Draws; draw++)
        {
            double sum = 0;
            foreach (double value in values) sum += random.Next(2) == 0 ? value : -value;
            if (Math.Abs(sum) >= found) asFar++;
        }
        return asFar / (Draws + 1.0);
    }
}
