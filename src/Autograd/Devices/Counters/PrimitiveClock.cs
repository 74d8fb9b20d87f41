using System.Diagnostics;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Adds up the time of each primitive, to find the one that is farther from its bound than its neighbours: <see cref="DeviceCounters.Clock"/>. A primitive's time lasts from its start to the start of
/// the next one or to <see cref="Stop"/>, so the host's work between two counts as the first one's. Only for devices whose primitives return when they are done (<see cref="Device.IsSynchronous"/>).
/// </summary>
public sealed class PrimitiveClock
{
    private const int None = -1;
    private readonly long[] ticks = new long[Enum.GetValues<Primitive>().Length];
    private int running = None;
    private long since;

    /// <summary>The seconds of a primitive since the clock was made.</summary>
    public double Seconds(Primitive primitive) => (double)ticks[(int)primitive] / Stopwatch.Frequency;

    /// <summary>Ends the time of the primitive that started last.</summary>
    public void Stop() => Switch(None);

    internal void Started(Primitive primitive) => Switch((int)primitive);

    private void Switch(int next)
    {
        long now = Stopwatch.GetTimestamp();
        if (running != None) ticks[running] += now - since;
        (running, since) = (next, now);
    }
}
