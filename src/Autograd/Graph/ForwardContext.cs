namespace ResearchFreeze.Autograd;

/// <summary>What a forward pass may ask of the engine. What nobody's gradient needs is not kept.</summary>
public readonly struct ForwardContext
{
    private readonly Node? node;

    internal ForwardContext(Device device, Node? node)
    {
        Device = device;
        this.node = node;
    }

    /// <summary>The device of the inputs.</summary>
    public Device Device { get; }

    /// <summary>A new handle for the result, with undefined content.</summary>
    public Tensor Result(Shape shape) => Tensor.Empty(Device, shape);

    /// <summary>Keeps a tensor for the backward pass if the gradient of one of <paramref name="usedBy"/> is wanted; otherwise does nothing. What <paramref name="isExact"/> is never packed (<see cref="Device.SavedPrecision"/>): its exponentials count.</summary>
    public void Save(int slot, TensorBase tensor, InputSet usedBy, bool isExact = false)
    {
        if (node is null || !node.Wanted.Intersects(usedBy)) return;
        TensorRange range = WidenedInputs.Kept(tensor.Range);
        range.Storage.AddReference();
        node.Keep(slot, range, tensor.Shape, isExact);
    }

    /// <summary>Memory for a by-product of the forward pass (pool indices, a row's log-sum-exp) if one of <paramref name="usedBy"/> wants it; otherwise null, and the primitive writes none.</summary>
    public TensorRange? TryReserve(int slot, Shape shape, InputSet usedBy, ElementKind kind = ElementKind.Real)
    {
        if (node is null || !node.Wanted.Intersects(usedBy)) return null;
        var range = new TensorRange(Device.Rent(kind, shape.Count, MemoryKind.Activation), 0, shape.Count);
        node.Keep(slot, range, shape, isExact: true);
        return range;
    }
}
