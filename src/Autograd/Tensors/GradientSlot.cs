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
