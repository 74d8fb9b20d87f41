namespace ResearchFreeze.Evaluation;

/// <summary>Percentile intervals by drawing seeds with replacement (Efron 1979). The draws are the same every time: the same runs give the same interval.</summary>
public static class Bootstrap
{
    private const int Draws = 10_000;
    private const int Stream = 20_261_130;

    /// <summary>An interval of a number that is made of seeds.</summary>
    /// <param name="seeds">How many seeds there are.</param>
    /// <param name="statistic">The number for seeds that were drawn, by their places; some are there more than once.</param>
    /// <param name="order">Which number is less.</param>
    /// <param name="confidence">How often the interval should have the true number in it.</param>
    public static (T Low, T High) Interval<T>(int seeds, Func<int[], T> statistic, IComparer<T> order, double confidence = PairedDifference.Confidence)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(seeds, 1);
        ArgumentNullException.ThrowIfNull(statistic);
        var random = new Random(Stream);
        var found = new T[Draws];
        var drawn = new int[seeds];
        for (int i = 0; i < Draws; i++)
        {
            for (int j = 0; j < seeds; j++) drawn[j] = random.Next(seeds);
            found[i] = statistic(drawn);
        }
        Array.Sort(found, order);
        int outside = (int)Math.Floor(Draws * (1 - confidence) / 2);
        return (found[outside], found[Draws - 1 - outside]);
    }
}
