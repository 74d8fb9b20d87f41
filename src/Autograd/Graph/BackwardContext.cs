namespace ResearchFreeze.Autograd;

/// <summary>A tensor that the forward pass kept.</summary>
public readonly record struct SavedTensor(TensorRange Range, Shape Shape);

/// <summary>What a backward pass may ask of the engine.</summary>
public readonly struct BackwardContext
{
    private readonly Node node;
    private readonly IGradientSink sink;

    internal BackwardContext(Node node, IGradientSink sink)
    {
        this.node = node;
        this.sink = sink;
    }

    /// <summary>The device of the call.</summary>
    public Device Device => node.Device;

    /// <summary>How many inputs the call had.</summary>
    public int Inputs => node.Inputs;

    /// <summary>The shape of an input.</summary>
    public Shape InputShape(int input) => node.InputShape(input);

    /// <summary>A tensor kept by the forward pass.</summary>
    /// <exception cref="InvalidOperationException">The slot was not kept, because no wanted gradient was declared to use it, or its memory was written since.</exception>
    public SavedTensor Saved(int slot) => node.Saved(slot);

    /// <summary>Asks for no more than that what was kept has not been written since.</summary>
    internal void RequireUnchanged(int slot) => node.Saved(slot, asReals: false);

    /// <summary>Work space; dispose it with <c>using</c>.</summary>
    public Tensor Temporary(Shape shape) =>
        new(new TensorRange(Device.Rent(ElementKind.Real, shape.Count, MemoryKind.Activation), 0, shape.Count), shape, scoped: false);

    /// <summary>Where the gradient of a wanted input goes. From here on, work counts as that gradient's.</summary>
    public GradTarget Target(int input) => node.Target(input, sink);

    /// <summary>
    /// Runs a part of the forward pass again and sweeps it back into the gradients of this call's inputs: for a function that keeps those and not what is between (activation checkpointing, Chen et al. 2016). The work
    /// counts as what it is: forward, then input and weight gradients. The part must give what it gave: what counts its passes or draws from them (running moments, dropout) would do it twice.
    /// </summary>
    /// <param name="dy">The gradient of the part's result.</param>
    /// <param name="part">From the call's first inputs, each kept in the slot of its number, to the result.</param>
    /// <param name="parameters">The call's further inputs. A gradient of another parameter is an error.</param>
    public void Rerun(Tensor dy, Func<IReadOnlyList<Tensor>, Tensor> part, params ReadOnlySpan<Parameter> parameters)
    {
        (DeviceCounters counters, InputSet wanted, (Function?, bool) running) = (Device.Counters, node.Wanted, Device.Running);
        using var scope = new Scope();
        var kept = new Tensor[Inputs - parameters.Length];
        for (int i = 0; i < kept.Length; i++) kept[i] = Tensor.Share(Saved(i).Range, Saved(i).Shape, counters.Unit, isLeaf: wanted.Contains(i));
        Parameter?[] inputs = [.. kept.Select(tensor => tensor.Leaf), .. parameters];
        // A probe's work stays the probe's. As in the first pass, each operation finds its own unit.
        using CostScope booking = counters.For(node.Pass!.CountsByKind ? CostKind.Forward : counters.Kind);
        using GradMode.Restore mode = GradMode.Record(parameter => Array.IndexOf(inputs, parameter) is >= 0 and int input ? wanted.Contains(input) : null);
        BackwardPass.Run(part(kept), dy, new RerunSink(this, inputs));
        Device.Running = running;
    }
}
