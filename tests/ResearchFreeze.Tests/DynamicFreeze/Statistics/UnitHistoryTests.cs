using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

public sealed class UnitHistoryTests
{
    /// <summary>What is remembered of earlier observations gives what looking through all of them gives, whatever happens in between.</summary>
    [Fact]
    public void TheFractionOfThePeakIsThatOfAllObservations()
    {
        var random = new RandomStream(TestDevices.Seed, "history");
        var history = new UnitHistory();
        Func<Observation, double> first = observation => observation.Of("value")[0], second = observation => -observation.Of("value")[0];
        for (int step = 1; step < 200; step++)
        {
            var observation = new Observation(step, 1, 1);
            observation.Add("value", [step % 17 == 0 ? double.NaN : step % 23 == 0 ? double.PositiveInfinity : random.NextNormal()]);
            history.Add(observation);
            if (random.NextInt32(20) == 0) history.BeginStretch();
            if (random.NextInt32(20) == 0) history.Restore([.. history.All.Take(history.All.Count / 2)], 0);
            for (int times = random.NextInt32(3); times > 0; times--)
            {
                // A function that is made anew each time is as right as one that is kept.
                double sign = times == 2 ? -1 : 1;
                foreach (Func<Observation, double> measure in (Func<Observation, double>[])[first, second, other => sign * other.Of("value")[0]]) Assert.Equal(Naive(history, measure), history.FractionOfPeak(measure));
            }
        }
    }

    private static double Naive(UnitHistory history, Func<Observation, double> measure)
    {
        if (history.Count < 2) return double.NaN;
        double largest = history.All.Select(measure).Where(double.IsFinite).Append(0).Max();
        return largest > 0 ? measure(history[^1]) / largest : double.NaN;
    }
}
