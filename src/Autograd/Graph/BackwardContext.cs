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

    /// <summary>Work space; dispose it with <c>using</c>.</summary>
    public Tensor Temporary(Shape shape) =>
        new(new TensorRange(Device.Rent(ElementKind.Real, shape.Count, MemoryKind.Activation), 0, shape.Count), shape, scoped: false);

    /// <summary>Where the gradient of a wanted input goes. From here on, work counts as that gradient's.</summary>
    public GradTarget Target(int input) => node.Target(input, sink);
}
