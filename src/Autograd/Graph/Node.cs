namespace ResearchFreeze.Autograd;

/// <summary>
/// One recorded call: its function, where the gradients of its inputs go, and what it keeps. Counted by references (the result's handle, the nodes that read the result) and
/// pooled, so that a steady step makes none.
/// </summary>
internal sealed class Node
{
    private readonly List<Edge> edges = [];
    private readonly List<KeptTensor> slots = [];
    private Shape outputShape;
    private InputSet served;
    private int references;

    /// <summary>An input's producer or parameter, with its shape; both null where no gradient is wanted.</summary>
    private readonly record struct Edge(Node? Producer, Parameter? Leaf, Shape Shape)
    {
        /// <summary>Whether its gradient is one of an input and not of a weight.</summary>
        public bool IsInput => Producer is not null || Leaf is { IsInput: true };
    }

    public Function? Function { get; private set; }

    public Device Device { get; private set; } = null!;

    public int Unit { get; private set; }

    public InputSet Wanted { get; private set; }

    /// <summary>Whether the node was used up by a backward pass.</summary>
    public bool IsConsumed { get; private set; }

    /// <summary>The running pass, and how many of the pass's nodes have not yet contributed to this one's gradient.</summary>
    public BackwardPass? Pass { get; set; }

    public int Pending { get; set; }

    public GradientSlot OutputGradient { get; } = new(MemoryKind.Activation);

    public void Start(Function of, Device device, InputSet wanted, ReadOnlySpan<TensorBase> inputs)
    {
        Function = of;
        Device = device;
        Wanted = wanted;
        Unit = device.Counters.Unit;
        IsConsumed = false;
        for (int i = 0; i < inputs.Length; i++)
        {
            Tensor? input = wanted.Contains(i) ? (Tensor)inputs[i] : null;
            input?.Node?.AddReference();
            edges.Add(new Edge(input?.Node, input?.Leaf, inputs[i].Shape));
        }
    }

    public void Keep(int slot, TensorRange range, Shape shape, bool isExact)
    {
        while (slots.Count <= slot) slots.Add(default);
        slots[slot] = new KeptTensor(range, shape, 0);
        Device.Counters.Saved(range.Storage);
        if (!isExact) SavedActivations.MayPack(range.Storage, this);
    }

    public void Move(Storage from, Storage to) => SavedActivations.Move(slots, from, to);

    /// <summary>The forward pass is over: from now on, writing to what was kept is an error.</summary>
    public void Recorded(Shape output)
    {
        outputShape = output;
        for (int i = 0; i < slots.Count; i++)
        {
            if (slots[i].Range.Storage is { } storage) slots[i] = slots[i] with { Version = storage.Version };
        }
    }

    public int Inputs => edges.Count;

    public Shape InputShape(int input) => edges[input].Shape;

    public SavedTensor Saved(int slot, bool asReals = true)
    {
        if (slot >= slots.Count || slots[slot].Range.Storage is not { } storage)
            throw new InvalidOperationException($"{Function!.Name}: saved tensor {slot} was not kept; no gradient of {Wanted} was declared to use it.");
        if (storage.Version != slots[slot].Version)
            throw new InvalidOperationException($"{Function!.Name}: saved tensor {slot} {slots[slot].Shape} was written after the forward pass.");
        return new SavedTensor(asReals ? SavedActivations.RealsOf(slots, slot) : slots[slot].Range, slots[slot].Shape);
    }

    public GradTarget Target(int input, IGradientSink sink)
    {
        if (!Wanted.Contains(input)) throw new InvalidOperationException($"{Function!.Name}: the gradient of input {input} is not wanted (wanted: {Wanted}).");
        Edge edge = edges[input];
        served = served.With(input);
        // First the slot: in a part that is run again it is the outer call's, whose target books for itself.
        GradientSlot slot = edge.Leaf is { } leaf ? sink.SlotOf(leaf) : edge.Producer!.OutputGradient;
        if (Pass!.CountsByKind) Book(edge.IsInput ? CostKind.InputGradient : CostKind.WeightGradient);
        return new GradTarget(Device, slot, edge.Shape);
    }

    /// <summary>Walks the inputs that want a gradient.</summary>
    public void Visit<TVisitor>(ref TVisitor visitor)
        where TVisitor : struct, IEdgeVisitor
    {
        foreach (Edge edge in edges)
        {
            if (edge.Producer is { } producer) visitor.Producer(producer);
            else if (edge.Leaf is { } leaf) visitor.Leaf(leaf);
        }
    }

    /// <summary>Computes the wanted gradients from the output's.</summary>
    public void Run(IGradientSink sink)
    {
        Device.Running = (Function, true);
        // Until a target is asked for, work is shared by all gradients; it counts as the input gradient's where there is one.
        Book(!Pass!.CountsByKind ? Device.Counters.Kind : WantsInput() ? CostKind.InputGradient : CostKind.WeightGradient);
        served = default;
        Tensor dy = OutputGradient.Value ?? throw new InvalidOperationException($"{Function!.Name}: no gradient arrived for output {outputShape}.");
        Function!.BackwardMany(Wanted, new BackwardContext(this, sink), dy);
        if (served != Wanted) throw new InvalidOperationException($"{Function.Name}: wanted gradients {Wanted}, its backward pass gave {served}.");
    }

    /// <summary>Releases what was kept for the backward pass; the node stays as a shell while something refers to it.</summary>
    public void Finish()
    {
        IsConsumed = true;
        Drop();
    }

    public void AddReference() => references++;

    public void Release()
    {
        if (--references == 0) Device.Nodes.Return(this);
    }

    /// <summary>The forward pass failed: nobody refers to the node.</summary>
    public void Abandon() => Device.Nodes.Return(this);

    /// <summary>Releases everything the node holds. Producers are released through the pool, which does not recurse.</summary>
    public void Drop()
    {
        foreach (KeptTensor kept in slots) kept.Release(this);
        slots.Clear();
        OutputGradient.Clear();
        Pass = null;
        Pending = 0;
        foreach (Edge edge in edges) edge.Producer?.Release();
        edges.Clear();
    }

    /// <summary>What follows is the node's work; the pass's scope puts the booking back.</summary>
    private void Book(CostKind kind) => Device.Counters.Booking = new Booking(kind, Unit, true);

    private bool WantsInput()
    {
        foreach (Edge edge in edges)
        {
            if (edge.IsInput) return true;
        }
        return false;
    }
}

/// <summary>Receives the inputs of a node that want a gradient.</summary>
internal interface IEdgeVisitor
{
    void Producer(Node node);

    void Leaf(Parameter parameter);
}
