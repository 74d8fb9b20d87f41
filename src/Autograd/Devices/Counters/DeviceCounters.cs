namespace ResearchFreeze.Autograd;

/// <summary>
/// Counts what a device does: cost by primitive, cost by unit and kind, bytes alive by use, bytes saved for backward passes.
/// Counted in one place, before a primitive runs, so the numbers are the same on every device. One thread at a time works on a device and counts; memory, which a data thread may touch, is counted safely from any.
/// </summary>
public sealed partial class DeviceCounters
{
    private static readonly int Kinds = Enum.GetValues<CostKind>().Length;
    private readonly Cost[] costsByPrimitive = new Cost[Enum.GetValues<Primitive>().Length];
    private readonly long[] live = new long[Enum.GetValues<MemoryKind>().Length];
    private readonly long[] peak = new long[Enum.GetValues<MemoryKind>().Length];
    private Cost[] costs = new Cost[Kinds];
    private long[] kept = new long[8];
    private long[] shared = new long[8];
    private int units = 1;      // 0: none

    internal DeviceCounters(DeviceHold hold) => Hold = hold;

    /// <summary>
    /// What work is booked under now. Outside any <see cref="For"/> it is <see cref="CostKind.Forward"/>, a training step's; but where gradients are disabled it is <see cref="CostKind.Evaluation"/>,
    /// whoever does it.
    /// </summary>
    public CostKind Kind => Booking.IsSaid || GradMode.IsEnabled ? Booking.Kind : CostKind.Evaluation;

    /// <summary>The unit that work is booked under now; 0: none.</summary>
    public int Unit => Booking.Unit;

    /// <summary>The machine's constants for <see cref="Cost.BoundSeconds"/>; default: unknown.</summary>
    public MachineRates Rates { get; set; }

    /// <summary>Bytes of all rented storages, the pool's spare bytes apart.</summary>
    public long LiveBytes => live.Sum();

    /// <summary>Bytes that graph nodes keep for a backward pass, each storage once, parameters not counted.</summary>
    public long SavedBytes { get; private set; }

    /// <summary>The most of <see cref="SavedBytes"/> since the last <see cref="ResetPeaks"/>.</summary>
    public long PeakSavedBytes { get; private set; }

    /// <summary>Results that were packed for the backward pass (<see cref="Device.SavedPrecision"/>); those of repeated steps are not counted again.</summary>
    public long PackedResults { get; private set; }

    /// <summary>Forward operations that a cache has made unnecessary since the device was made: what forward passes would have done is this and what they did.</summary>
    public long SkippedFlops { get; private set; }

    /// <summary>Takes the time of each primitive; null, the default: nobody does.</summary>
    public PrimitiveClock? Clock { get; set; }

    /// <summary>Which thread the device works for.</summary>
    internal DeviceHold Hold { get; }

    /// <summary>Set by scopes, and inside a backward pass by its nodes: the pass's own scope puts it back.</summary>
    internal Booking Booking { get; set; } = new(CostKind.Forward, 0, false);

    /// <summary>Books what follows under a kind and a unit (0: none), until the result is disposed. Scopes nest.</summary>
    public CostScope For(CostKind kind, int unit = 0) => new(this, new Booking(kind, unit, true));

    /// <summary>Books what follows under another unit, for what it is done for now.</summary>
    public CostScope ForUnit(int unit) => new(this, Booking with { Unit = unit });

    /// <summary>Hands out numbers for units to book work under, so that two models on one device never share one: the first of as many as are asked for.</summary>
    public int AddUnits(int count)
    {
        int first = units;
        units += count;
        return first;
    }

    /// <summary>How often a primitive was called since the device was made.</summary>
    public long Calls(Primitive primitive) => costsByPrimitive[(int)primitive].Launches;

    /// <summary>Calls of all primitives.</summary>
    public long TotalCalls => costsByPrimitive.Sum(cost => cost.Launches);

    /// <summary>The cost of a primitive's calls since the device was made, whatever they were for.</summary>
    public Cost CostOf(Primitive primitive) => costsByPrimitive[(int)primitive];

    /// <summary>The cost of a unit (0: work that belongs to none) for one kind.</summary>
    public Cost Of(int unit, CostKind kind)
    {
        int index = (unit * Kinds) + (int)kind;
        return index < costs.Length ? costs[index] : default;
    }

    /// <summary>The cost of all units for one kind.</summary>
    public Cost Of(CostKind kind)
    {
        Cost sum = default;
        for (int i = (int)kind; i < costs.Length; i += Kinds) sum += costs[i];
        return sum;
    }

    /// <summary>All bytes that calls of a unit (0: of none) ever kept for backward passes, each storage once for as long as it was kept; parameters not counted.</summary>
    public long KeptBytes(int unit) => unit < kept.Length ? kept[unit] : 0;

    /// <summary>Bytes that a unit's calls kept for backward passes and another unit's kept before: its inputs, as a rule. They are the other's in <see cref="KeptBytes"/>.</summary>
    public long SharedBytes(int unit) => unit < shared.Length ? shared[unit] : 0;

    /// <summary>Bytes alive for one use.</summary>
    public long Live(MemoryKind kind) => Interlocked.Read(ref live[(int)kind]);

    /// <summary>The most bytes alive for one use since the last <see cref="ResetPeaks"/>.</summary>
    public long Peak(MemoryKind kind) => Interlocked.Read(ref peak[(int)kind]);

    /// <summary>Starts the peaks again from what is alive now.</summary>
    public void ResetPeaks()
    {
        for (int i = 0; i < live.Length; i++) peak[i] = live[i];
        PeakSavedBytes = SavedBytes;
    }

    /// <summary>Counts bytes that were given to other ranks' reductions, as a unit's (0: of none).</summary>
    internal void Communicated(int unit, long reductions, long bytes) => Book(unit, CostKind.Communication, new Cost(reductions, 0, bytes, 0));

    internal void Skip(long flops) => SkippedFlops += flops;

    internal void Count(Primitive primitive, long flops, long bytes)
    {
        Clock?.Started(primitive);
        var cost = new Cost(1, flops, bytes, Rates.Seconds(flops, bytes));
        costsByPrimitive[(int)primitive] += cost;
        Book(Unit, Kind, cost);
    }

    private void Book(int unit, CostKind kind, in Cost cost)
    {
        int index = (unit * Kinds) + (int)kind;
        if (index >= costs.Length) Array.Resize(ref costs, Math.Max(unit + 8, 2 * costs.Length / Kinds) * Kinds);
        costs[index] += cost;
    }

    internal void Rented(Storage storage)
    {
        int kind = (int)storage.MemoryKind;
        long now = Interlocked.Add(ref live[kind], storage.Bytes);
        if (now > peak[kind]) peak[kind] = now;
    }

    internal void Returned(Storage storage) => Interlocked.Add(ref live[(int)storage.MemoryKind], -storage.Bytes);

    internal void Saved(Storage storage)
    {
        bool isFirst = storage.SavedCount++ == 0;
        if (storage.MemoryKind == MemoryKind.Parameter || (!isFirst && storage.SavedBy == Unit)) return;
        if (Unit >= kept.Length)
        {
            Array.Resize(ref kept, Math.Max(Unit + 8, 2 * kept.Length));
            Array.Resize(ref shared, kept.Length);
        }
        if (!isFirst)
        {
            shared[Unit] += storage.Bytes;
            return;
        }
        storage.SavedBy = Unit;
        SavedBytes += storage.Bytes;
        kept[Unit] += storage.Bytes;
        if (SavedBytes > PeakSavedBytes) PeakSavedBytes = SavedBytes;
    }

    /// <summary>What is kept is kept in fewer bytes from now on, by the same nodes.</summary>
    internal void Packed(Storage from, Storage to)
    {
        PackedResults++;
        long more = to.Bytes - from.Bytes;
        (to.SavedCount, to.SavedBy, from.SavedCount) = (from.SavedCount, from.SavedBy, 0);
        SavedBytes += more;
        kept[to.SavedBy] += more;
        foreach (Node keeper in from.Keepers!)
        {
            if (keeper.Unit != to.SavedBy) shared[keeper.Unit] += more;
        }
    }

    internal void Unsaved(Storage storage)
    {
        if (--storage.SavedCount == 0 && storage.MemoryKind != MemoryKind.Parameter) SavedBytes -= storage.Bytes;
    }
}
