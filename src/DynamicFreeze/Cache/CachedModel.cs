using System.Diagnostics;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>A model as a forward cache uses it: its stages run one by one, timed and counted; what their outputs are like; and whether a sample alone gives what it gives in its batch.</summary>
internal sealed class CachedModel
{
    private const double MostHalfError = 0.01;

    private readonly IStaged staged;
    private readonly List<long> passes = [];
    private readonly Parameter first;
    private int verified;

    public CachedModel(ModuleBase model, CacheOptions options, long limit)
    {
        (Model, staged) = (model, (IStaged)model);
        first = model.Parameters().First();
        Device = first.Value.Device;
        Watch = new StageWatch(staged);
        Costs = new StageCosts(Count);
        Choice = new BoundaryChoice(Costs, options, limit);
        Forms = new SampleForm?[Count + 1];
        Bytes = new SampleBytes(Device, options.IsHalf);
    }

    public ModuleBase Model { get; }

    public Device Device { get; }

    /// <summary>Whether the model is where it was.</summary>
    public bool IsOnDevice => first.Value.Device == Device;

    public int Count => staged.Stages.Count;

    public StageWatch Watch { get; }

    public StageCosts Costs { get; }

    public BoundaryChoice Choice { get; }

    /// <summary>What a sample is like at each boundary; null: nothing was kept there yet.</summary>
    public SampleForm?[] Forms { get; }

    public SampleBytes Bytes { get; private set; }

    /// <summary>The last boundary behind which something is kept.</summary>
    public int Highest { get; set; }

    /// <summary>Whether what a file has was taken over.</summary>
    public bool IsFileRead { get; set; }

    /// <summary>Whether what is done now is none of training's.</summary>
    public bool IsEvaluation => Device.Counters.Kind == CostKind.Evaluation;

    /// <summary>Books reading and writing at a boundary under the unit that ends there.</summary>
    public CostScope Booking(int boundary) => Device.Counters.For(IsEvaluation ? CostKind.Evaluation : CostKind.Cache, Watch.UnitAt(boundary));

    public Tensor Run(Batch batch, Tensor? input, int first, int end) => staged.ForwardStages(batch, input, first, end);

    /// <summary>The same stage by stage: what each costs is taken down.</summary>
    /// <param name="batch">Samples.</param>
    /// <param name="input">What the first stage begins with; null: the batch.</param>
    /// <param name="first">The first stage.</param>
    /// <param name="end">Behind the last.</param>
    /// <param name="waits">Whether a device that works behind the host's back is waited for, to know its time.</param>
    public Tensor Timed(Batch batch, Tensor? input, int first, int end, bool waits = false)
    {
        if (waits) Device.Synchronize();
        Tensor? x = input;
        int length = batch.Tokens?.Shape[1] ?? 1;
        for (int stage = first; stage < end; stage++)
        {
            long operations = Device.Counters.Of(CostKind.Forward).Flops + Device.Counters.Of(CostKind.Evaluation).Flops, began = Stopwatch.GetTimestamp();
            Watch.Begins(stage);
            Tensor y = Run(batch, x, stage, stage + 1);
            Watch.Ran(stage);
            if (waits) Device.Synchronize();
            double seconds = waits || Device.IsSynchronous ? Stopwatch.GetElapsedTime(began).TotalSeconds : double.NaN;
            Costs.Ran(stage, batch.Count, length, Device.Counters.Of(CostKind.Forward).Flops + Device.Counters.Of(CostKind.Evaluation).Flops - operations, seconds, (long)y.Range.Length * Device.RealSize);
            if (stage > first) x!.Dispose();
            x = y;
        }
        return x!;
    }

    /// <summary>What a sample is like at a boundary.</summary>
    public SampleForm Form(int boundary, Batch batch, Tensor output) => Forms[boundary] ??= SampleForm.Of(output, batch.Tokens?.Shape[1]);

    /// <summary>Whether a prefix of so many stages has been verified.</summary>
    public bool IsVerified(int frozen) => verified >= frozen;

    /// <summary>What a file has of the stages before a boundary was verified when it was written.</summary>
    public void Found(int boundary)
    {
        Highest = Math.Max(Highest, boundary);
        verified = Math.Max(verified, boundary);
    }

    /// <summary>
    /// Runs the first sample alone: what a cache may keep does not depend on a sample's company, nor on when it is computed. Modules of the library keep to it; one of somebody's own may not. Null: it is so. On the CPU the bits
    /// must be the same; elsewhere the kernels depend on sizes, and a thousandth of the largest value is allowed.
    /// </summary>
    public string? Verify(Batch batch, Tensor output, int frozen)
    {
        if (IsVerified(frozen)) return null;
        using CostScope booking = Booking(frozen);
        Watch.Passes(frozen, passes);
        Batch alone = BatchRows.Of(batch, [0], hasInputs: true);
        using Tensor again = Run(alone, null, 0, frozen);
        foreach (TensorBase tensor in alone.Tensors) tensor.Dispose();
        Watch.SetPasses(frozen, passes);
        int size = output.Range.Length / batch.Count, own = size;
        SampleForm form = SampleForm.Of(output, batch.Tokens?.Shape[1]);
        if (form.IsSequence) own = batch.Lengths!.ToArray()[0] * form.Inner.Count;
        double[] expected = new double[size], found = again.ToDoubles();
        Device.Download(output.Range.Slice(0, size), expected);
        double largest = expected.Max(Math.Abs), allowed = Device is CpuDevice or ReferenceDevice ? 0 : 1e-3 * largest;
        verified = frozen;
        for (int i = 0; i < own; i++)
        {
            if (!(Math.Abs(expected[i] - found[i]) <= allowed) && !(double.IsNaN(expected[i]) && double.IsNaN(found[i])))
                return FormattableString.Invariant($"the frozen part up to '{Watch.NameOf(frozen)}' gives sample {batch.SampleIds.Span[0]} other values alone than in its batch ({found[i]:G9}, {expected[i]:G9}): a module looks at the whole batch, or draws numbers");
        }
        return null;
    }

    /// <summary>
    /// How much the model's outputs move, relative to the largest, when the prefix's are kept as float16. Where it is more than allowed, and where a value is too large for float16, they are kept as they are from now on.
    /// Running moments are put back, and nothing is drawn.
    /// </summary>
    public string? TryHalf(Batch batch, Tensor output, int frozen)
    {
        if (!Bytes.IsHalf) return null;
        using var buffers = new TensorCopy(Model.Buffers().Select(buffer => buffer.Value));
        buffers.Take();
        using GradMode.Restore mode = GradMode.Override(_ => false);
        using CostScope booking = Booking(frozen);
        using Tensor rounded = Tensor.Empty(Device, output.Shape), exact = Run(batch, output, frozen, Count);
        var bytes = new byte[output.Range.Length * Bytes.ValueBytes];
        bool fits = Bytes.Write(output.Range, bytes);
        Bytes.Read(_ => bytes, 1, rounded.Range);
        using Tensor moved = Run(batch, rounded, frozen, Count);
        buffers.Restore();
        double[] expected = exact.ToDoubles(), found = moved.ToDoubles();
        double change = 0, largest = 0;
        // Math.Max keeps a NaN.
        for (int i = 0; i < expected.Length; i++) (change, largest) = (Math.Max(change, Math.Abs(expected[i] - found[i])), Math.Max(largest, Math.Abs(expected[i])));
        double error = change == 0 ? 0 : change / largest;
        if (fits && error <= MostHalfError) return FormattableString.Invariant($"cache: kept as float16: the model's outputs move by {error:0.0e+0} of the largest");
        Bytes = new SampleBytes(Device, isHalf: false);
        return !fits
            ? "cache: kept as float32: a value is too large for float16"
            : FormattableString.Invariant($"cache: kept as float32: as float16 the model's outputs would move by {error:0.0e+0} of the largest, and {MostHalfError} is allowed");
    }

    /// <summary>Times writing and reading of a few samples where the cache keeps them.</summary>
    public void TimeReading(CacheStorage storage, Tensor output, int frozen)
    {
        int size = output.Range.Length / output.Shape[0];
        if (storage.Take(size * Bytes.ValueBytes) is not { } place) return;
        using CostScope booking = Booking(frozen);
        Bytes.Write(output.Range.Slice(0, size), storage[place]);
        using Tensor target = Tensor.Empty(Device, output.Shape);
        Device.Synchronize();
        long began = Stopwatch.GetTimestamp();
        Bytes.Read(_ => storage[place], output.Shape[0], target.Range);
        Device.Synchronize();
        Choice.Read((long)place.Bytes * output.Shape[0], Stopwatch.GetElapsedTime(began).TotalSeconds);
        storage.Return(place);
    }
}
