namespace ResearchFreeze.Autograd;

/// <summary>What a storage's elements are: the device's real type (float64 on the reference, float32 elsewhere) or int32.</summary>
public enum ElementKind
{
    /// <summary>The device's real type.</summary>
    Real,

    /// <summary>32-bit signed integers (labels, ids).</summary>
    Int32,
}

/// <summary>What a storage is used for, for the memory ledger.</summary>
public enum MemoryKind
{
    /// <summary>Results of operations and work space.</summary>
    Activation,

    /// <summary>Gradients of parameters.</summary>
    Gradient,

    /// <summary>Parameters and buffers.</summary>
    Parameter,

    /// <summary>Optimizer state.</summary>
    Optimizer,

    /// <summary>Statistics, snapshots and scalars that outlive a step.</summary>
    Statistic,
}

/// <summary>A piece of device memory, counted by references and returned to its device's pool with the last one.</summary>
public abstract class Storage
{
    private int references;

    /// <summary>Made by a device only.</summary>
    protected Storage(Device device, ElementKind kind, int capacity)
    {
        Device = device;
        Kind = kind;
        Capacity = capacity;
    }

    /// <summary>The device that owns the memory.</summary>
    public Device Device { get; }

    /// <summary>The kind of element.</summary>
    public ElementKind Kind { get; }

    /// <summary>Elements that fit; at least what was asked for.</summary>
    public int Capacity { get; }

    /// <summary>Elements asked for when the storage was last rented.</summary>
    public int Length { get; internal set; }

    /// <summary>Bytes of the elements asked for.</summary>
    public long Bytes => (long)Length * (Kind == ElementKind.Int32 ? sizeof(int) : Device.RealSize);

    /// <summary>Rises at every write. A saved tensor whose storage has moved on is stale; packed weights are packed again when it moved.</summary>
    public int Version { get; internal set; }

    /// <summary>What the memory is used for.</summary>
    public MemoryKind MemoryKind { get; internal set; }

    /// <summary>How many graph nodes keep this storage for the backward pass.</summary>
    internal int SavedCount { get; set; }

    /// <summary>Holders of this storage: handles, graph nodes, gradients.</summary>
    internal int ReferenceCount => references;

    internal void AddReference() => Interlocked.Increment(ref references);

    internal void Release()
    {
        int left = Interlocked.Decrement(ref references);
        if (left == 0) Device.Return(this);
        else if (left < 0) throw new InvalidOperationException("Storage released more often than it was referenced.");
    }

    /// <summary>The last handle is gone: what was derived from the content can go too.</summary>
    internal virtual void Returned()
    {
    }

    /// <summary>Gives the memory back to the system. Called by the device when it trims its pool or is disposed.</summary>
    protected internal abstract void Free();
}

/// <summary>A run of elements of a storage: what a primitive reads or writes.</summary>
public readonly record struct TensorRange(Storage Storage, int Offset, int Length)
{
    /// <summary>A part of this range.</summary>
    public TensorRange Slice(int offset, int length)
    {
        if ((uint)offset > (uint)Length || (uint)length > (uint)(Length - offset))
            throw new ArgumentOutOfRangeException(nameof(offset), $"Range of {Length} elements has no {length} elements at {offset}.");
        return new TensorRange(Storage, Offset + offset, length);
    }
}
