namespace ResearchFreeze.Autograd;

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

    internal GradientSlot Slot => slot;

    /// <summary>The memory to write, and the beta to write it with.</summary>
    public TensorRange Open(out float beta) => slot.Open(device, Shape, out beta);

    /// <summary>Adds a gradient that exists already and has the input's number of elements: a residual add, a reshape. Shares the buffer if it can.</summary>
    public void Pass(Tensor dy) => slot.Pass(device, dy, Shape);
}
