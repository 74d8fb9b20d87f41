namespace ResearchFreeze.Autograd;

/// <summary>
/// Notes what a step gives to the device while it is taken: commands with their arguments, memory, and what the host does beside, so that all of it can be done again without the code that asked for it. What cannot be repeated
/// is refused with a reason; the step itself goes on as ever.
/// </summary>
internal sealed class StepRecording : IDisposable
{
    private readonly Device device;
    private readonly StepMemory memory;
    private readonly StepInputs inputs;
    private readonly StepValues values;
    private readonly int thread = Environment.CurrentManagedThreadId;
    private readonly List<RecordedLaunch> launches = [];
    private readonly List<(long Flops, long Bytes)> costs = [];
    private readonly List<Storage> rented = [];
    private readonly HashSet<Storage> seen = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Storage, (int Tenancy, int Writes)> outside = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<ulong, (IPassCounter Counter, long Before)> counters = [];
    private readonly List<Action> beginnings = [], advances = [];
    private readonly List<(int Input, Action<IntTensor> Check)> checks = [];
    private readonly List<(IPassCounter Counter, long Passes)> passes = [];
    private readonly CounterMark mark;
    private (long Flops, long Bytes) waiting;
    private readonly Dictionary<object, long> kernels = new(ReferenceEqualityComparer.Instance);

    public StepRecording(Device device, StepMemory memory, StepInputs inputs)
    {
        (this.device, this.memory, this.inputs) = (device, memory, inputs);
        values = new StepValues(device, inputs.Numbers);
        mark = device.Counters.Mark();
    }

    /// <summary>Why the step cannot be repeated; null: it can, as far as is known.</summary>
    public string? Failure { get; private set; }

    /// <summary>Its commands, in order.</summary>
    public IReadOnlyList<RecordedLaunch> Launches => launches;

    /// <summary>The numbers that change from step to step.</summary>
    public StepValues Values => values;

    /// <summary>Its part of <see cref="StepMemory"/>.</summary>
    public IReadOnlyCollection<Storage> Rented => rented;

    /// <summary>How often each kernel was launched, by its launcher.</summary>
    public IReadOnlyDictionary<object, long> Kernels => kernels;

    /// <summary>What it cost.</summary>
    public RecordedCosts Costs { get; private set; } = new();

    /// <summary>Memory that was there before the step and is used by it.</summary>
    public IReadOnlyDictionary<Storage, (int Tenancy, int Writes)> Outside => outside;

    /// <summary>The step is taken as ever, and is not repeated.</summary>
    public void Refuse(string reason) => Failure ??= reason;

    /// <summary>Memory for the step; another thread's is none of it.</summary>
    public Storage Rent(ElementKind kind, int length, MemoryKind use)
    {
        if (Environment.CurrentManagedThreadId != thread) return device.Spares.Rent(kind, length, use);
        Storage storage = memory.Rent(kind, length, use);
        if (!seen.Add(storage)) return storage;
        rented.Add(storage);
        // At once: where memory is short, other steps' is given up while this one is recorded.
        memory.Use(storage);
        return storage;
    }

    /// <summary>A primitive is about to be called.</summary>
    public void Called(Primitive primitive, ReadOnlySpan<Operand> operands, ReadOnlySpan<PrimitiveArgument> arguments, long flops, long bytes)
    {
        waiting = (waiting.Flops + flops, waiting.Bytes + bytes);
        if (primitive is Primitive.Upload or Primitive.Download)
            Refuse($"the host {(primitive == Primitive.Upload ? "writes" : "reads")} values within the step{(device.Running.Function is { } function ? $", in or after {function.Name}" : "")}");
        for (int i = 0; i < arguments.Length; i++)
        {
            if (operands[i].Range.Storage is not { } storage || storage.Reserve == memory || inputs.Owns(storage)) continue;
            int writes = outside.TryGetValue(storage, out (int Tenancy, int Writes) known) ? known.Writes : 0;
            outside[storage] = (storage.Tenancy, writes + (arguments[i].Use == ArgumentUse.Read ? 0 : 1));
        }
    }

    /// <summary>A command has been issued.</summary>
    public void Add(RecordedLaunch launch, object? launcher = null)
    {
        launches.Add(launch);
        // The first command of a primitive does most of it: later ones add up chunks.
        costs.Add(waiting);
        waiting = default;
        if (launcher is not null) kernels[launcher] = kernels.GetValueOrDefault(launcher) + 1;
    }

    /// <summary>What is counted for the primitives that a command begins.</summary>
    public (long Flops, long Bytes) CostOf(int command) => costs[command];

    /// <summary>What the host has to see to before a repetition's commands: what it does once where something was changed between two steps.</summary>
    public void Before(Action action) => beginnings.Add(action);

    /// <summary>What the host did that it must do again, in every repetition, after the commands.</summary>
    public void Again(Action action) => advances.Add(action);

    /// <summary>A dropout's pass has been counted.</summary>
    /// <param name="stream">The stream that it draws from.</param>
    /// <param name="counter">The dropout.</param>
    /// <param name="pass">The pass.</param>
    public void Drew(ulong stream, IPassCounter counter, long pass)
    {
        if (!counters.TryAdd(stream, (counter, pass)) && counters[stream].Counter != counter) Refuse("two dropouts draw from one stream");
    }

    /// <summary>Where a dropout's launch finds its pass; null: it keeps the argument.</summary>
    public TensorRange? PassOf(in DropoutKey key)
    {
        if (Failure is null && !counters.ContainsKey(key.Stream)) Refuse("a dropout was called with a key that no module counts");
        if (Failure is not null) return null;
        (IPassCounter counter, long before) = counters[key.Stream];
        return values.Add(new PassValue(counter, (long)key.Step - before), [(int)(uint)key.Step, (int)(uint)(key.Step >> 32), 0], this);
    }

    /// <summary>A parameter's update is about to be asked for; gives what its target is to name it by.</summary>
    public int Update(object slot, Func<float> rate, Func<int> update) => values.Announce(new RateValue(slot, rate, update));

    /// <summary>An integer of the step was checked on the host.</summary>
    public void Checked(IntTensor tensor, Action<IntTensor> check)
    {
        if (inputs.IndexOf(tensor.Range.Storage) is not (>= 0 and var index)) return;
        checks.Add((index, check));
        check((IntTensor)inputs.Given[index]);
    }

    /// <summary>The step is over.</summary>
    /// <param name="result">What it gave, and is alive.</param>
    public void End(TensorBase result)
    {
        foreach (Storage storage in rented)
        {
            if (storage.ReferenceCount == 0 || storage == result.Range.Storage) continue;
            Refuse($"it leaves {storage.Bytes} bytes of {storage.MemoryKind} behind");
        }
        if (Failure is null && result.Range.Storage.Reserve != memory) Refuse("its result is none of its own memory");
        if (values.Unread is > 0 and var count) Refuse($"the optimizer's device does not read the rates of {count} updates from memory");
        if (launches.Count == 0) Refuse("it gives the device nothing to do");
        foreach ((IPassCounter counter, long before) in counters.Values) passes.Add((counter, counter.Passes - before));
        Costs = device.Counters.Since(mark);
    }

    /// <summary>What makes another recording of the step another step; null: nothing does.</summary>
    public string? Difference(StepRecording other)
    {
        if (other.launches.Count != launches.Count) return $"one step has {other.launches.Count} commands, the next {launches.Count}";
        for (int i = 0; i < launches.Count; i++)
        {
            if (!launches[i].IsSame(other.launches[i])) return $"command {i + 1} of {launches.Count} ({launches[i].Name}) changes from step to step";
        }
        if (!values.IsSame(other.values) || checks.Count != other.checks.Count || advances.Count != other.advances.Count) return "what the host does within a step changes from step to step";
        return Costs.IsSame(other.Costs) ? null : "what a step costs changes from step to step";
    }

    /// <summary>Whether all memory that the step found is still what it was.</summary>
    public bool IsIntact()
    {
        foreach ((Storage storage, (int tenancy, _)) in outside)
        {
            if (storage.Tenancy != tenancy || storage.ReferenceCount == 0) return false;
        }
        return true;
    }

    /// <summary>What the step refused to be given is refused again.</summary>
    public void Check(IReadOnlyList<TensorBase> given)
    {
        foreach ((int input, Action<IntTensor> check) in checks) check((IntTensor)given[input]);
    }

    /// <summary>What the host sees to before the commands.</summary>
    public void Begin()
    {
        foreach (Action begin in beginnings) begin();
    }

    /// <summary>What the host does beside the device's commands, once more.</summary>
    public void Advance()
    {
        foreach ((Storage storage, (_, int writes)) in outside) storage.Version += writes;
        foreach (Action advance in advances) advance();
        foreach ((IPassCounter counter, long passes) in passes) counter.Passes += passes;
        device.Counters.Add(Costs);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RecordedLaunch launch in launches) launch.Dispose();
        launches.Clear();
    }
}
