using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Adds up the gradients of several ranks, each of which runs its part of a batch through a model of its own. As a sink of backward passes it has the gradients of the parameters that train written into buckets, in the order in which
/// they become final, and begins a bucket's reduction when it is full while the pass goes on. A step is <see cref="BeginStep"/>; for each part <see cref="BeginPass"/>, <c>loss.Backward(null, parallel)</c> and <see cref="EndPass"/>;
/// <see cref="Reduce"/>; then whatever reads gradients, and the optimizer. What is frozen is neither computed nor sent. Losses must be weighted by whoever computes them, so that their sum over all ranks is the batch's.
/// </summary>
public sealed class DataParallel : IGradientSink, IDisposable
{
    private readonly Parameter[] parameters;
    private readonly Dictionary<Parameter, int> indexOf = new(ReferenceEqualityComparer.Instance);
    private readonly ReduceOptions options;
    private readonly Device device;
    private readonly OrderedSum? ordered;
    private readonly bool[] has;        // a gradient, on this rank, in this step
    private readonly byte[] said;
    private byte[] heard = [];

    // Places in the order of readiness, of parameters that have been seen in a pass; -1: not yet.
    private readonly int[] readyAt;
    private readonly List<int> ready = [];
    private BucketLayout? layout;
    private bool isLast, isInStep, isStale;
    private bool learns;        // something that trains was not seen yet
    private bool isNews;        // the first rank has seen some of that in this step
    private int started;

    /// <summary>For a model on one device; the parameters have memory.</summary>
    /// <param name="communicator">The ranks; it stays the caller's.</param>
    /// <param name="parameters">Every parameter of the model, in the same order on all ranks, frozen ones included.</param>
    /// <param name="options">How sums are taken; null: the defaults.</param>
    /// <exception cref="ArgumentException">The device's memory cannot be sent.</exception>
    public DataParallel(ICommunicator communicator, IEnumerable<Parameter> parameters, ReduceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(communicator);
        ArgumentNullException.ThrowIfNull(parameters);
        Communicator = communicator;
        this.options = options ?? new ReduceOptions();
        foreach (Parameter parameter in parameters) indexOf.TryAdd(parameter, indexOf.Count);
        this.parameters = [.. indexOf.OrderBy(pair => pair.Value).Select(pair => pair.Key)];
        if (this.parameters.Length == 0) throw new ArgumentException("Data-parallel training: the model has no parameters.");
        device = this.parameters[0].Value.Device;
        if (communicator.Refuses(device) is { } reason) throw new ArgumentException($"Data-parallel training on {device.Name}: {reason}.");
        if (this.options.Shards > 0)
        {
            if (this.options.Shards < communicator.Size) throw new ArgumentException($"Reduce: a batch is cut into {this.options.Shards} parts, which are fewer than {communicator.Size} ranks.");
            ordered = new OrderedSum(communicator, device);
        }
        has = new bool[this.parameters.Length];
        readyAt = new int[this.parameters.Length];
        Array.Fill(readyAt, -1);
        said = new byte[1 + ((this.parameters.Length + 7) / 8)];
    }

    /// <summary>The ranks.</summary>
    public ICommunicator Communicator { get; }

    /// <summary>How sums are taken.</summary>
    public ReduceOptions Options => options;

    /// <summary>Bytes of gradients of the parameters that train: what a step gives to reductions.</summary>
    public long StepBytes => layout?.Parameters.Sum(parameter => (long)parameter.Shape.Count) * device.RealSize ?? 0;

    /// <summary>Reductions of a step.</summary>
    public int Buckets => layout?.Buckets.Length ?? 0;

    /// <summary>How many buckets' reductions had begun when the last backward pass ended: what was hidden behind it.</summary>
    public int StartedInPass { get; private set; }

    /// <summary>Seconds that this rank has waited for reductions and for what others say.</summary>
    public double WaitSeconds { get; private set; }

    /// <summary>The order in which gradients became final, by the parameters' places in the model: with it a run that goes on has the same buckets. -1: not seen yet.</summary>
    public IReadOnlyList<int> ReadyOrder
    {
        get => readyAt;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Count != readyAt.Length) throw new ArgumentException($"Data-parallel training: the order of {readyAt.Length} parameters' gradients was expected, found {value.Count}.");
            for (int i = 0; i < readyAt.Length; i++) readyAt[i] = value[i];
        }
    }

    /// <summary>Begins a step: which parameters train is as the flags are now, and they stay so until <see cref="Reduce"/>.</summary>
    /// <param name="places">With ordered sums: how many parts of a batch are this rank's.</param>
    /// <param name="isOnePassEach">With ordered sums: whether each of these has one backward pass in the step, which then needs less memory; no, where a step has several batches.</param>
    public void BeginStep(int places = 1, bool isOnePassEach = true)
    {
        if (isInStep) throw new InvalidOperationException("Data-parallel training: BeginStep was called twice without Reduce; where what is between them failed, call Abandon.");
        if (layout is null || isStale || IsOther()) Arrange();
        isInStep = true;
        isLast = false;
        started = 0;
        ready.Clear();
        Array.Clear(has);
        foreach (GradientBucket bucket in layout!.Buckets) bucket.Pending = bucket.Count;
        if (ordered is not null) ordered.Begin(layout, places, isOnePassEach);
        else Bind();
    }

    /// <summary>Begins a backward pass of the step.</summary>
    /// <param name="isLast">Whether it is this rank's last: then what becomes final in it is final.</param>
    public void BeginPass(bool isLast)
    {
        if (!isInStep) throw new InvalidOperationException("Data-parallel training: BeginPass was called before BeginStep.");
        this.isLast = isLast;
    }

    /// <summary>Ends a pass.</summary>
    /// <param name="place">With ordered sums: which of this rank's parts it was of.</param>
    public void EndPass(int place = 0)
    {
        BucketLayout now = layout!;
        foreach (Parameter parameter in now.Parameters) has[indexOf[parameter]] |= parameter.Grad is not null;
        ordered?.Add(place);
        StartedInPass = started;
        isLast = false;
    }

    /// <inheritdoc/>
    public GradientSlot SlotOf(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        if (!isInStep) throw new InvalidOperationException("Data-parallel training: a backward pass began before BeginStep.");
        return parameter.Gradient;
    }

    /// <inheritdoc/>
    public void GradientReady(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        int place = layout!.PlaceOf(parameter);
        // A tensor made a leaf is no parameter.
        if (place < 0) return;
        if (learns && isLast) ready.Add(indexOf[parameter]);
        if (ordered is not null || !isLast) return;
        layout.BucketOf(place).Pending--;
        StartFull();
    }

    /// <summary>
    /// Ends a step: every parameter that trains, and has a gradient on any rank, has the sum as its gradient; the others have none. Ranks say beside it what else they have to say, since they wait for each other anyway.
    /// </summary>
    /// <param name="mine">What this rank says: as many bytes on each.</param>
    /// <param name="all">What all say: as many for each.</param>
    public void Reduce(ReadOnlySpan<byte> mine = default, Span<byte> all = default)
    {
        if (!isInStep) throw new InvalidOperationException("Data-parallel training: Reduce was called before BeginStep.");
        BucketLayout now = layout!;
        if (ordered is null) FillAndStart(now);
        long began = Stopwatch.GetTimestamp();
        Hear(mine, all);
        if (ordered is not null) ordered.Finish();
        else foreach (GradientBucket bucket in now.Buckets) Await(bucket);
        WaitSeconds += Stopwatch.GetElapsedTime(began).TotalSeconds;
        if (Communicator.Size > 1) Count(now);
        if (ordered is not null) Bind();
        foreach (Parameter parameter in now.Parameters)
        {
            if (has[indexOf[parameter]]) parameter.Gradient.Adopt(parameter.Shape);
            else parameter.ClearGrad();
        }
        if (isNews) Learn();
        isInStep = false;
    }

    /// <summary>Adds up something else between the ranks, in place, and waits for it: it counts as communication, of no parameter's unit.</summary>
    /// <param name="range">As many real elements on every rank.</param>
    public void Sum(TensorRange range)
    {
        if (Communicator.Size == 1) return;
        long began = Stopwatch.GetTimestamp();
        Communicator.WaitFor(Communicator.StartAllReduce(range));
        WaitSeconds += Stopwatch.GetElapsedTime(began).TotalSeconds;
        device.Counters.Communicated(device.Counters.Unit, 1, (long)range.Length * device.RealSize);
    }

    /// <summary>Gives a step up in the middle: where one rank does, all must, since reductions may be under way.</summary>
    public void Abandon()
    {
        foreach (Parameter parameter in parameters) parameter.ClearGrad();
        isInStep = false;
    }

    /// <summary>Releases the buckets. The parameters' gradients are dropped.</summary>
    public void Dispose()
    {
        Abandon();
        Unbind();
    }

    private bool IsOther()
    {
        int active = 0;
        foreach (Parameter parameter in parameters)
        {
            if (parameter.IsFrozen) continue;
            if (layout!.PlaceOf(parameter) < 0) return true;
            active++;
        }
        return active != layout!.Parameters.Length;
    }

    /// <summary>Lays the gradients of what trains out anew: by the order in which they were seen to become final; those that never were, from the output, as a guess.</summary>
    private void Arrange()
    {
        Unbind();
        (learns, isStale) = (false, false);
        var active = new List<(int Ready, int Index)>();
        for (int i = 0; i < parameters.Length; i++)
        {
            if (parameters[i].IsFrozen) continue;
            learns |= readyAt[i] < 0;
            active.Add((readyAt[i] < 0 ? int.MaxValue : readyAt[i], i));
        }
        layout = new BucketLayout([.. active.OrderBy(entry => entry.Ready).ThenByDescending(entry => entry.Index).Select(entry => parameters[entry.Index])], Math.Max(1, options.BucketBytes / device.RealSize));
        foreach (GradientBucket bucket in layout.Buckets) bucket.Rent(device);
    }

    private void Bind()
    {
        for (int place = 0; place < layout!.Parameters.Length; place++) layout.Parameters[place].Gradient.Home = layout.RangeOf(place);
    }

    private void Unbind()
    {
        if (layout is null) return;
        foreach (Parameter parameter in layout.Parameters)
        {
            parameter.ClearGrad();
            parameter.Gradient.Home = default;
        }
        ordered?.Release();
        foreach (GradientBucket bucket in layout.Buckets) bucket.Release();
        layout = null;
    }

    /// <summary>Begins the reductions of the buckets that are full, in their order: it is the same on all ranks.</summary>
    private void StartFull()
    {
        while (started < layout!.Buckets.Length && layout.Buckets[started].Pending == 0)
        {
            GradientBucket bucket = layout.Buckets[started++];
            bucket.Reduction = Communicator.Size > 1 ? Communicator.StartAllReduce(bucket.Range) : 0;
        }
    }

    /// <summary>A rank without samples, or without a gradient of a parameter, adds zeros: which bytes are sent depends on flags alone.</summary>
    private void FillAndStart(BucketLayout now)
    {
        using CostScope booking = device.Counters.For(CostKind.WeightGradient);
        for (int b = started; b < now.Buckets.Length; b++)
        {
            GradientBucket bucket = now.Buckets[b];
            for (int place = bucket.First; place < bucket.First + bucket.Count; place++)
            {
                if (now.Parameters[place].Grad is not null) continue;
                using CostScope unit = device.Counters.ForUnit(now.Parameters[place].Unit);
                device.Fill(now.RangeOf(place), 0);
            }
            bucket.Pending = 0;
            StartFull();
        }
    }

    private void Await(GradientBucket bucket)
    {
        if (Communicator.Size > 1) Communicator.WaitFor(bucket.Reduction);
    }

    /// <summary>Which parameters have a gradient on any rank, and what the ranks say beside it.</summary>
    private void Hear(ReadOnlySpan<byte> mine, Span<byte> all)
    {
        int ranks = Communicator.Size;
        if (all.Length != mine.Length * ranks) throw new ArgumentException($"Reduce: {ranks} ranks with {mine.Length} bytes each need {mine.Length * ranks}, found {all.Length}.", nameof(all));
        isNews = HasNews();
        if (ranks == 1)
        {
            mine.CopyTo(all);
            return;
        }
        int length = said.Length + mine.Length;
        if (heard.Length != length * (ranks + 1)) heard = new byte[length * (ranks + 1)];
        Array.Clear(said);
        said[0] = (byte)(isNews ? 1 : 0);
        for (int i = 0; i < has.Length; i++) said[1 + (i / 8)] |= (byte)(has[i] ? 1 << (i % 8) : 0);
        said.CopyTo(heard, 0);
        mine.CopyTo(heard.AsSpan(said.Length));
        Communicator.AllGather(heard.AsSpan(0, length), heard.AsSpan(length));
        isNews = heard[length] != 0;
        for (int rank = 0; rank < ranks; rank++)
        {
            ReadOnlySpan<byte> heardOf = heard.AsSpan(length * (rank + 1), length);
            for (int i = 0; i < has.Length; i++) has[i] |= (heardOf[1 + (i / 8)] >> (i % 8) & 1) != 0;
            heardOf[said.Length..].CopyTo(all.Slice(rank * mine.Length, mine.Length));
        }
    }

    private void Count(BucketLayout now)
    {
        foreach (Parameter parameter in now.Parameters) device.Counters.Communicated(parameter.Unit, 0, (long)parameter.Shape.Count * device.RealSize);
        device.Counters.Communicated(device.Counters.Unit, now.Buckets.Length, 0);
    }

    /// <summary>Whether this rank has seen the place of a parameter that had none: also late, where a branch was cut, or the first rank had nothing to learn from. What is known depends on what was seen alone, so that a run that goes on knows as much.</summary>
    private bool HasNews()
    {
        if (!learns) return false;
        foreach (int index in ready)
        {
            if (readyAt[index] < 0) return true;
        }
        return false;
    }

    /// <summary>From now on buckets are filled in the order that was seen on the first rank: on another it might be a different one.</summary>
    private void Learn()
    {
        var order = new int[parameters.Length];
        Array.Fill(order, -1);
        for (int i = 0; i < ready.Count; i++) order[ready[i]] = i;
        if (Communicator.Size > 1)
        {
            var all = new int[order.Length * Communicator.Size];
            Communicator.AllGather(MemoryMarshal.AsBytes(order.AsSpan()), MemoryMarshal.AsBytes(all.AsSpan()));
            all.AsSpan(0, order.Length).CopyTo(order);
        }
        int behind = readyAt.Max() + 1;
        for (int i = 0; i < order.Length; i++)
        {
            if (order[i] < 0 || readyAt[i] >= 0) continue;
            readyAt[i] = behind + order[i];
            isStale = true;
        }
    }
}
