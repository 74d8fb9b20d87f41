namespace ResearchFreeze.Autograd;

/// <summary>The place of one gradient: of a parameter, or of an operation's output while a backward pass runs.</summary>
public sealed class GradientSlot(MemoryKind use)
{
    /// <summary>The gradient so far, or null. The handle belongs to the slot.</summary>
    public Tensor? Value { get; private set; }

    /// <summary>Drops the gradient.</summary>
    public void Clear()
    {
        Value?.Dispose();
        Value = null;
    }

    /// <summary>The memory to write to with the beta to write with: 0 for the first contribution, 1 for later ones. Memory that somebody else holds too is copied first.</summary>
    internal TensorRange Open(Device device, Shape shape, out float beta)
    {
        if (Value is null)
        {
            Value = Rent(device, shape);
            beta = 0;
        }
        else
        {
            if (Value.Range.Storage.ReferenceCount > 1)
            {
                Tensor own = Rent(device, shape);
                device.Copy(Value.Range, own.Range);
                Value.Dispose();
                Value = own;
            }
            beta = 1;
        }
        return Value.Range;
    }

    /// <summary>Adds a gradient that exists already: shares its memory if it is the first.</summary>
    internal void Pass(Device device, Tensor dy, Shape shape)
    {
        if (Value is null)
        {
            TensorRange range = dy.Range;
            range.Storage.AddReference();
            Value = new Tensor(range, shape, scoped: false);
            return;
        }
        device.AddScaled(1, dy.Range, 1, Open(device, shape, out _));
    }

    private Tensor Rent(Device device, Shape shape) =>
        new(new TensorRange(device.Rent(ElementKind.Real, shape.Count, use), 0, shape.Count), shape, scoped: false);
}

/// <summary>Where a function puts the gradient of one input. The first contribution overwrites, later ones accumulate inside the kernel; nothing is zero-filled.</summary>
public readonly struct GradTarget
{
    private readonly Device device;
    private readonly GradientSlot slot;

    internal GradTarget(Device device, GradientSlot slot, Shape shape)
    {
        this.device = device;
        this.slot = slot;
        Shape = shape;
    }

    /// <summary>The input's shape.</summary>
    public Shape Shape { get; }

    /// <summary>The memory to write, and the beta to write it with.</summary>
    public TensorRange Open(out float beta) => slot.Open(device, Shape, out beta);

    /// <summary>Adds a gradient that exists already and has the input's number of elements: a residual add, a reshape. Shares the buffer if it can.</summary>
    public void Pass(Tensor dy) => slot.Pass(device, dy, Shape);
}

/// <summary>Where gradients of parameters go. The default is <see cref="Parameter.Grad"/>.</summary>
public interface IGradientSink
{
    /// <summary>The slot of a parameter's gradient.</summary>
    GradientSlot SlotOf(Parameter parameter);

    /// <summary>Raised as soon as a parameter's gradient is final in a pass.</summary>
    void GradientReady(Parameter parameter);
}
