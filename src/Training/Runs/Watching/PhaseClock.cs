using System.Diagnostics;
using ResearchFreeze.Layers;

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
    Communication,
    Repeated,
}

/// <summary>Adds up time by phase. Starting a phase stops the one before. Allocates nothing.</summary>
internal sealed class PhaseClock
{
    private readonly long begun = Stopwatch.GetTimestamp();
    private readonly long[] ticks = new long[Enum.GetValues<Phase>().Length];
    private Phase current;
    private long since;
    private double earlier;

    /// <summary>The phase that is under way; null: none is.</summary>
    public Phase? Running => since == 0 ? null : current;

    /// <summary>Seconds of the run, those before a resume included.</summary>
    public double Total => earlier + Stopwatch.GetElapsedTime(begun).TotalSeconds;

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
        new(Total, Of(Phase.Forward), Of(Phase.Backward), Of(Phase.Optimizer), Of(Phase.Controller), Of(Phase.Data), Of(Phase.Evaluation)) { Communication = Of(Phase.Communication), Repeated = Of(Phase.Repeated) };

    public void Save(StateTree state)
    {
        state.Set("total", Total);
        state.Set("phases", [.. ticks.Select(count => count / (double)Stopwatch.Frequency)]);
    }

    /// <summary>Reads and checks; what it returns makes the change.</summary>
    public Action Read(StateTree state)
    {
        double total = state.Real("total", 0, double.MaxValue);
        double[] phases = state.Reals("phases", ticks.Length);
        return () =>
        {
            earlier = total;
            for (int i = 0; i < ticks.Length; i++) ticks[i] += (long)(phases[i] * Stopwatch.Frequency);
        };
    }

    private double Of(Phase phase) => ticks[(int)phase] / (double)Stopwatch.Frequency;
}
