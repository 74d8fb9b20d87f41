using ResearchFreeze.Autograd;

namespace ResearchFreeze.Evaluation;

/// <summary>The times of the primitives in each timed step of a benchmark.</summary>
internal sealed class PrimitiveTimes
{
    private readonly double[] before = new double[All.Length];
    private readonly List<double>[] milliseconds = [.. All.Select(_ => new List<double>())];

    /// <summary>All primitives, in order.</summary>
    public static Primitive[] All { get; } = Enum.GetValues<Primitive>();

    /// <summary>The clock that runs during a step.</summary>
    public PrimitiveClock Clock { get; } = new();

    /// <summary>Takes the times since the last step, to keep or to drop.</summary>
    public void StepDone(bool timed)
    {
        foreach (Primitive primitive in All)
        {
            double seconds = Clock.Seconds(primitive);
            if (timed) milliseconds[(int)primitive].Add((seconds - before[(int)primitive]) * 1e3);
            before[(int)primitive] = seconds;
        }
    }

    /// <summary>The median over the timed steps.</summary>
    public double Milliseconds(Primitive primitive) => BenchMedian.Of(milliseconds[(int)primitive]);
}
