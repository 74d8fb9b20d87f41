namespace ResearchFreeze.Autograd;

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
    public long Bytes => (long)Length * Device.SizeOf(Kind);

    /// <summary>Rises at every write. A saved tensor whose storage has moved on is stale; packed weights are packed again when it moved.</summary>
    public int Version { get; internal set; }

    /// <summary>What the memory is used for.</summary>
    public MemoryKind MemoryKind { get; internal set; }

    /// <summary>Rises when it is rented: who has noted it knows whether it still is what it was.</summary>
    internal int Tenancy { get; set; }

    /// <summary>The memory of recorded steps that it belongs to; null: the pool's.</summary>
    internal StepMemory? Reserve { get; set; }

    /// <summary>How many graph nodes keep this storage for the backward pass.</summary>
    internal int SavedCount { get; set; }

    /// <summary>The unit whose call saved it first.</summary>
    internal int SavedBy { get; set; }

    /// <summary>What it is the widened copy of, while an operation's forward pass reads it: that is what is kept for the backward pass. No storage: it is no such copy.</summary>
    internal TensorRange WidenedFrom { get; set; }

    /// <summary>The nodes among those that may keep it as bfloat16, one for each slot; null: none ever could.</summary>
    internal List<Node>? Keepers { get; set; }

    /// <summary>The thread of the pass that those belong to.</summary>
    internal int KeptOn { get; set; }

    /// <summary>Holders of this storage: handles, graph nodes, gradients.</summary>
    internal int ReferenceCount => references;

    internal void AddReference() => Interlocked.Increment(ref references);

    internal void Release()
    {
        int left = ReleaseKept();
        if (left > 0 && Keepers is { Count: > 0 } keepers && left == keepers.Count) SavedActivations.Pack(this);
    }

    /// <summary>The same for a node that kept it: what is left for other nodes has been packed before, or never will be. Gives how many still hold it.</summary>
    internal int ReleaseKept()
    {
        int left = Interlocked.Decrement(ref references);
        if (left == 0) Device.Return(this);
        else if (left < 0) throw new InvalidOperationException("Storage released more often than it was referenced.");
        return left;
    }

    /// <summary>Gives the memory back to the pool, of which its only holder took it uncounted.</summary>
    internal void ReleaseUncounted()
    {
        Interlocked.Decrement(ref references);
        Device.Spares.Return(this);
    }

    /// <summary>The last handle is gone: what was derived from the content can go too.</summary>
    internal virtual void Returned()
    {
    }

    /// <summary>Gives the memory back to the system. Called by the device when it trims its pool or is disposed.</summary>
    protected internal abstract void Free();
}
