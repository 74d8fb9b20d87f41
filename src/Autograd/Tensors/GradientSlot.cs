namespace ResearchFreeze.Autograd;

/// <summary>The place of one gradient: of a parameter, or of an operation's output while a backward pass runs.</summary>
public sealed class GradientSlot(MemoryKind use)
{
    // The handle of the last gradient: a step would make one for each parameter and each operation.
    private Tensor? spare;

    /// <summary>The gradient so far, or null. The handle belongs to the slot, which uses it again for the next gradient.</summary>
    public Tensor? Value { get; private set; }

    /// <summary>Memory of somebody else's that the next gradient is written to, as a part of a bucket that is reduced between ranks; default: memory of its own. A gradient there is always the slot's: who holds a handle to it sees what is added.</summary>
    internal TensorRange Home { get; set; }

    /// <summary>Drops the gradient.</summary>
    public void Clear()
    {
        Value?.Dispose();
        (spare, Value) = (Value ?? spare, null);
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
            if (Value.Range.Storage.ReferenceCount > 1 && Value.Range != Home)
            {
                Tensor own = Rent(device, shape);
                device.Copy(Value.Range, own.Range);
                Value.Dispose();
                (spare, Value) = (Value, own);
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
            if (Home.Storage is not null)
            {
                device.Copy(dy.Range, Open(device, shape, out _));
                return;
            }
            TensorRange range = dy.Range;
            range.Storage.AddReference();
            Value = Handle(range, shape);
            return;
        }
        device.AddScaled(1, dy.Range, 1, Open(device, shape, out _));
    }

    /// <summary>The gradient is what lies in <see cref="Home"/>, whoever has written it.</summary>
    internal void Adopt(Shape shape)
    {
        if (Value is not null) return;
        Home.Storage.AddReference();
        Value = Handle(Home, shape);
    }

    private Tensor Rent(Device device, Shape shape)
    {
        if (Home.Storage is null) return Handle(new TensorRange(device.Rent(ElementKind.Real, shape.Count, use), 0, shape.Count), shape);
        Home.Storage.AddReference();
        return Handle(Home, shape);
    }

    private Tensor Handle(TensorRange range, Shape shape)
    {
        if (spare is not { } own) return new Tensor(range, shape, scoped: false);
        spare = null;
        own.Reopen(range, shape);
        return own;
    }
}
