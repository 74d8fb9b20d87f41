using System.Diagnostics;

namespace ResearchFreeze.Peers;

/// <summary>Milliseconds of ours and theirs.</summary>
/// <param name="Ours">Median of all timed calls.</param>
/// <param name="Theirs">Median of all timed calls.</param>
/// <param name="Lowest">The lowest ratio of a round's medians.</param>
/// <param name="Highest">The highest.</param>
internal readonly record struct Comparison(double Ours, double Theirs, double Lowest, double Highest)
{
    /// <summary>Ours over theirs: below 1, ours is faster.</summary>
    public double Ratio => Ours / Theirs;
}

/// <summary>
/// Two contenders in turn, in one process, so that whatever else the machine does meets both. A turn begins with a pause, in which the other's threads stop spinning, and a call that is not timed, which brings the data
/// back into the caches.
/// </summary>
internal static class Turns
{
    private const int PauseMilliseconds = 30;
    private const int MostCalls = 200;

    /// <summary>Compares.</summary>
    /// <param name="ours">One call of ours.</param>
    /// <param name="theirs">One call of theirs.</param>
    /// <param name="rounds">Turns of each.</param>
    /// <param name="turnMilliseconds">A turn makes calls until this much time has gone by, at least two.</param>
    public static Comparison Run(Action ours, Action theirs, int rounds, double turnMilliseconds)
    {
        // Compiles, fills pools and lets libtorch choose its kernels.
        Turn(ours, turnMilliseconds);
        Turn(theirs, turnMilliseconds);
        List<double> allOurs = [], allTheirs = [], ratios = [];
        for (int round = 0; round < rounds; round++)
        {
            // Who begins changes, so that a drift of the clock favours neither.
            (List<double> first, List<double> second) = round % 2 == 0
                ? (Turn(ours, turnMilliseconds), Turn(theirs, turnMilliseconds)) : (Turn(theirs, turnMilliseconds), Turn(ours, turnMilliseconds));
            (List<double> mine, List<double> other) = round % 2 == 0 ? (first, second) : (second, first);
            ratios.Add(Median(mine) / Median(other));
            allOurs.AddRange(mine);
            allTheirs.AddRange(other);
        }
        return new Comparison(Median(allOurs), Median(allTheirs), ratios.Min(), ratios.Max());
    }

    private static List<double> Turn(Action call, double turnMilliseconds)
    {
        Thread.Sleep(PauseMilliseconds);
        call();
        List<double> times = [];
        for (double sum = 0; (sum < turnMilliseconds || times.Count < 2) && times.Count < MostCalls; sum += times[^1])
        {
            long start = Stopwatch.GetTimestamp();
            call();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return times;
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
