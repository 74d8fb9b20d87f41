namespace ResearchFreeze.Autograd;

/// <summary>
/// What work is booked under until it is disposed; then what it was before, also after an exception. See <see cref="DeviceCounters.For"/>. Whoever books work has the device meanwhile: an operation, a backward pass or an
/// optimizer's step is one call, which no other thread's may overlap.
/// </summary>
public readonly ref struct CostScope
{
    private readonly DeviceCounters counters;
    private readonly Booking before;

    internal CostScope(DeviceCounters counters, Booking booking)
    {
        counters.Hold.Enter();
        this.counters = counters;
        before = counters.Booking;
        counters.Booking = booking;
    }

    /// <summary>Puts back what work was booked under before.</summary>
    public void Dispose()
    {
        counters.Booking = before;
        counters.Hold.Exit();
    }
}
