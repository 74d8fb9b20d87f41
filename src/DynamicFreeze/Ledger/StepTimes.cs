using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Seconds of the steps since what is frozen changed last, those that were repeated apart from those that the code took, and without those that no other is like.</summary>
internal sealed class StepTimes
{
    /// <summary>The ways that are measured, the one first whose times count where both are there.</summary>
    public static readonly StepWay[] Ways = [StepWay.Repeated, StepWay.Plain];

    // As many as a median needs; a long run keeps the last.
    private const int Most = 500;

    // The first step after a change packs weights anew and rents other memory.
    private const int LeftOut = 1;

    // A mean of fewer would be one of first steps.
    private const int Enough = 4;

    private readonly List<double>[] times = [[], []];
    private double asideSeconds;
    private int asideSteps;
    private bool isLoaded;

    /// <summary>Steps taken.</summary>
    public int Steps { get; private set; }

    /// <summary>Whether a step was ever repeated: also before the last change.</summary>
    public bool Repeats { get; private set; }

    /// <summary>Takes a step's seconds in.</summary>
    public void Add(StepWay way, double seconds)
    {
        Repeats |= way == StepWay.Repeated;
        if (isLoaded)
        {
            // A process that goes on with a run starts slowly: that is like no other step, and no cost of a change.
            isLoaded = false;
            Steps++;
            return;
        }
        if (++Steps <= LeftOut || way == StepWay.Aside)
        {
            asideSeconds += seconds;
            asideSteps++;
            return;
        }
        List<double> all = times[(int)way];
        if (all.Count == Most) all.RemoveAt(0);
        all.Add(seconds);
    }

    /// <summary>What is frozen has changed.</summary>
    public void Clear()
    {
        Array.ForEach(times, all => all.Clear());
        (Steps, asideSeconds, asideSteps) = (0, 0, 0);
    }

    /// <summary>Seconds of a step of a way: the median, or, where a device works behind the host's back, the mean; NaN: none was measured.</summary>
    public double Of(StepWay way, bool isSynchronous)
    {
        List<double> all = times[(int)way];
        if (all.Count == 0) return double.NaN;
        if (!isSynchronous) return all.Average();
        double[] sorted = [.. all.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The mean of the later half; NaN: too few were measured.</summary>
    public double Settled(StepWay way)
    {
        List<double> all = times[(int)way];
        return all.Count < Enough ? double.NaN : all.Skip(all.Count / 2).Average();
    }

    /// <summary>The way of the steps that come next, as far as can be told: repeated, unless the code has taken more of them than go before a recording. Null: nothing like them was measured.</summary>
    public StepWay? Coming =>
        times[(int)StepWay.Repeated].Count > 0 ? StepWay.Repeated : times[(int)StepWay.Plain].Count > (Repeats ? Autograd.StepGraphs.SteadyAfter : 0) ? StepWay.Plain : null;

    /// <summary>What the change has cost beside its steps: what those that were left out took more than the others of a way, and where steps are repeated again, those that were not.</summary>
    public double Beside(StepWay way, double seconds)
    {
        (double sum, int count) = (asideSeconds, asideSteps);
        if (way == StepWay.Repeated) (sum, count) = (sum + times[(int)StepWay.Plain].Sum(), count + times[(int)StepWay.Plain].Count);
        return Math.Max(0, sum - (count * seconds));
    }

    public void Save(StateTree state)
    {
        state.Set("steps", Steps);
        state.Set("aside", [asideSeconds, asideSteps]);
        state.Set("repeats", Repeats);
        state.Set("measured", Array.ConvertAll(times, all => (long)all.Count));
        for (int i = 0; i < times.Length; i++)
        {
            if (times[i].Count > 0) state.Set($"times{i}", [.. times[i]]);
        }
    }

    /// <summary>Reads and checks; what it returns takes it over.</summary>
    public Action Read(StateTree state)
    {
        int steps = state.Int32("steps");
        double[] aside = state.Reals("aside", 2);
        bool repeats = state.Flag("repeats");
        long[] measured = state.Integers("measured", times.Length, 0, Most);
        double[][] seconds = [.. measured.Select((count, i) => count == 0 ? [] : state.Reals($"times{i}", (int)count))];
        return () =>
        {
            (Steps, asideSeconds, asideSteps, Repeats, isLoaded) = (steps, aside[0], (int)aside[1], repeats, true);
            for (int i = 0; i < times.Length; i++)
            {
                times[i].Clear();
                times[i].AddRange(seconds[i]);
            }
        };
    }
}
