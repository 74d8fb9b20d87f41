using System.Diagnostics;

namespace ResearchFreeze.Training;

/// <summary>What a run's time goes to.</summary>
internal enum Phase
{
    Forward,
    Backward,
    Optimizer,
    Controller,
    Data,
    Evaluation,
}

/// <summary>Adds up time by phase. Starting a phase stops the one before. Allocates nothing.</summary>
internal sealed class PhaseClock
{
    private readonly long begun = Stopwatch.GetTimestamp();
    private readonly long[] ticks = new long[Enum.GetValues<Phase>().Length];
    private Phase current;
    private long since;

    /// <summary>The phase that is under way; null: none is.</summary>
    public Phase? Running => since == 0 ? null : current;

    public double Total => Stopwatch.GetElapsedTime(begun).TotalSeconds;

    public void Start(Phase phase)
    {
        long now = Stopwatch.GetTimestamp();
        if (since != 0) ticks[(int)current] += now - since;
        current = phase;
        since = now;
    }

    public void Stop()
    {
        if (since != 0) ticks[(int)current] += Stopwatch.GetTimestamp() - since;
        since = 0;
    }

    public T Time<T>(Phase phase, Func<T> work)
    {
        Start(phase);
        T result = work();
        Stop();
        return result;
    }

    public RunSeconds Seconds() =>
        new(Total, Of(Phase.Forward), Of(Phase.Backward), Of(Phase.Optimizer), Of(Phase.Controller), Of(Phase.Data), Of(Phase.Evaluation));

    private double Of(Phase phase) => ticks[(int)phase] / (double)Stopwatch.Frequency;
}
