namespace ResearchFreeze.Autograd;

/// <summary>The primitives of a device, for counting.</summary>
public enum Primitive
{
    /// <summary>Host to device.</summary>
    Upload,

    /// <summary>Device to host; the only primitive that waits for the device.</summary>
    Download,

    /// <summary>Range to range.</summary>
    Copy,

    /// <summary>Constant fill.</summary>
    Fill,

    /// <summary>Element-wise function of one operand.</summary>
    Map,

    /// <summary>Its derivative times the output gradient.</summary>
    MapBackward,

    /// <summary>Element-wise function of two operands.</summary>
    Zip,

    /// <summary>y ← α·x + β·y.</summary>
    AddScaled,

    /// <summary>y ← x where a mask is zero.</summary>
    RestoreWhere,

    /// <summary>Sum over axes.</summary>
    Reduce,

    /// <summary>The adjoint of a sum: repeat along axes.</summary>
    Expand,

    /// <summary>A box of elements from range to range.</summary>
    CopyBox,

    /// <summary>A box of elements into a range, with zeros around it.</summary>
    PlaceBox,

    /// <summary>The largest element over axes.</summary>
    ReduceMax,

    /// <summary>Its input gradient.</summary>
    ReduceMaxBackward,

    /// <summary>Rows of a table by index.</summary>
    GatherRows,

    /// <summary>Its adjoint.</summary>
    ScatterRows,

    /// <summary>Convolution of images.</summary>
    Conv2d,

    /// <summary>Its input gradient.</summary>
    Conv2dInputGradient,

    /// <summary>Its weight gradient.</summary>
    Conv2dWeightGradient,

    /// <summary>Largest element of each window.</summary>
    MaxPool,

    /// <summary>Its input gradient.</summary>
    MaxPoolBackward,

    /// <summary>Mean of each window.</summary>
    AveragePool,

    /// <summary>Its input gradient.</summary>
    AveragePoolBackward,

    /// <summary>Mean and variance of each channel.</summary>
    Moments,

    /// <summary>Running moments of each channel.</summary>
    UpdateMoments,

    /// <summary>Normalisation by given moments.</summary>
    BatchNorm,

    /// <summary>Gradient of its scale.</summary>
    BatchNormScaleGradient,

    /// <summary>Its input gradient through the batch's moments.</summary>
    BatchNormInputGradient,

    /// <summary>Its input gradient with constant moments.</summary>
    BatchNormScale,

    /// <summary>Normalisation within a sample.</summary>
    GroupNorm,

    /// <summary>Its input gradient.</summary>
    GroupNormInputGradient,

    /// <summary>Gradient of its scale.</summary>
    GroupNormScaleGradient,

    /// <summary>Logarithm of the softmax of rows.</summary>
    LogSoftmax,

    /// <summary>Its input gradient.</summary>
    LogSoftmaxBackward,

    /// <summary>Matrix product.</summary>
    Gemm,

    /// <summary>Softmax of rows.</summary>
    Softmax,

    /// <summary>Its input gradient.</summary>
    SoftmaxBackward,

    /// <summary>Cross entropy of rows of logits.</summary>
    CrossEntropy,

    /// <summary>Its input gradient.</summary>
    CrossEntropyBackward,

    /// <summary>Dropout, forward and backward alike.</summary>
    Dropout,

    /// <summary>Σx², Σ|x| or Σ(x−y)² into one element.</summary>
    Norm,

    /// <summary>Clip factor and non-finite guard.</summary>
    StepGuard,

    /// <summary>One SGD update of one parameter.</summary>
    Sgd,

    /// <summary>One Adam(W) update of one parameter.</summary>
    Adam,
}

/// <summary>What work is done for; the ledger's columns.</summary>
public enum CostKind
{
    /// <summary>Forward passes of training steps.</summary>
    Forward,

    /// <summary>Gradients with respect to activations.</summary>
    InputGradient,

    /// <summary>Gradients with respect to parameters.</summary>
    WeightGradient,

    /// <summary>Parameter updates.</summary>
    Optimizer,

    /// <summary>Freezing statistics and decisions.</summary>
    Statistics,

    /// <summary>Probe steps for frozen units.</summary>
    Probe,

    /// <summary>Forward cache.</summary>
    Cache,

    /// <summary>Validation and test.</summary>
    Evaluation,

    /// <summary>Everything outside a training step: uploads, initialisation.</summary>
    Other,
}

/// <summary>Work done: launches of primitives, nominal floating-point operations of products (2·M·N·K), bytes read and written,
/// and the least time the roofline allows for that many, Σ max(operations / peak, bytes / bandwidth) in seconds (0 while the rates are unknown).</summary>
public record struct Cost(long Launches, long Flops, long Bytes, double BoundSeconds)
{
    /// <summary>The sum of two costs.</summary>
    public static Cost operator +(Cost a, Cost b) => new(a.Launches + b.Launches, a.Flops + b.Flops, a.Bytes + b.Bytes, a.BoundSeconds + b.BoundSeconds);

    /// <summary>The difference of two costs.</summary>
    public static Cost operator -(Cost a, Cost b) => new(a.Launches - b.Launches, a.Flops - b.Flops, a.Bytes - b.Bytes, a.BoundSeconds - b.BoundSeconds);
}

/// <summary>A machine's two constants: floating-point operations and bytes a second. Measured once, printed wherever a prediction is.</summary>
public readonly record struct MachineRates(double FlopsPerSecond, double BytesPerSecond)
{
    /// <summary>The least time for this much work under the roofline model; an algorithm with fewer operations than are counted can be faster.</summary>
    public double Seconds(long flops, long bytes) =>
        FlopsPerSecond <= 0 ? 0 : Math.Max(flops / FlopsPerSecond, bytes / BytesPerSecond);
}

/// <summary>
/// Counts what a device does: cost by primitive, cost by unit and kind, bytes alive by use, bytes saved for backward passes.
/// Counted in one place, before a primitive runs, so the numbers are the same on every device. Not thread-safe but for memory, which a data thread may touch.
/// </summary>
public sealed class DeviceCounters
{
    private static readonly int Kinds = Enum.GetValues<CostKind>().Length;
    private readonly Cost[] costsByPrimitive = new Cost[Enum.GetValues<Primitive>().Length];
    private readonly long[] live = new long[Enum.GetValues<MemoryKind>().Length];
    private readonly long[] peak = new long[Enum.GetValues<MemoryKind>().Length];
    private Cost[] costs = new Cost[Kinds];
    private long[] kept = new long[8];

    /// <summary>What the work that follows is done for.</summary>
    public CostKind Kind { get; set; } = CostKind.Forward;

    /// <summary>The unit that the work that follows belongs to; 0: none.</summary>
    public int Unit { get; set; }

    /// <summary>The machine's constants for <see cref="Cost.BoundSeconds"/>; default: unknown.</summary>
    public MachineRates Rates { get; set; }

    /// <summary>Bytes of all rented storages, the pool's spare bytes apart.</summary>
    public long LiveBytes => live.Sum();

    /// <summary>Bytes that graph nodes keep for a backward pass, each storage once, parameters not counted.</summary>
    public long SavedBytes { get; private set; }

    /// <summary>The most of <see cref="SavedBytes"/> since the last <see cref="ResetPeaks"/>.</summary>
    public long PeakSavedBytes { get; private set; }

    /// <summary>Takes the time of each primitive; null, the default: nobody does.</summary>
    public PrimitiveClock? Clock { get; set; }

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

    internal void Count(Primitive primitive, long flops, long bytes)
    {
        Clock?.Started(primitive);
        var cost = new Cost(1, flops, bytes, Rates.Seconds(flops, bytes));
        costsByPrimitive[(int)primitive] += cost;
        int index = (Unit * Kinds) + (int)Kind;
        if (index >= costs.Length) Array.Resize(ref costs, (Unit + 8) * Kinds);
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
        if (storage.SavedCount++ > 0 || storage.MemoryKind == MemoryKind.Parameter) return;
        SavedBytes += storage.Bytes;
        if (Unit >= kept.Length) Array.Resize(ref kept, Unit + 8);
        kept[Unit] += storage.Bytes;
        if (SavedBytes > PeakSavedBytes) PeakSavedBytes = SavedBytes;
    }

    internal void Unsaved(Storage storage)
    {
        if (--storage.SavedCount == 0 && storage.MemoryKind != MemoryKind.Parameter) SavedBytes -= storage.Bytes;
    }
}
