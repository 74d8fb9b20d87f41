namespace ResearchFreeze.Autograd;

/// <summary>Where a recorded step finds its batch: memory of its own, to which each repetition's is copied. No ledger counts it: <see cref="StepGraphs.HeldBytes"/> does.</summary>
internal sealed class StepInputs : IDisposable
{
    private readonly Device device;
    private readonly Storage[] storages;

    public StepInputs(Device device, IReadOnlyList<TensorBase> given)
    {
        this.device = device;
        storages = new Storage[given.Count];
        Given = given;
        int rented = 0;
        try
        {
            for (; rented < storages.Length; rented++) storages[rented] = Rent(given[rented].Range.Storage.Kind, given[rented].Shape.Count);
            Numbers = new TensorRange(Rent(ElementKind.Real, StepValues.Capacity), 0, StepValues.Capacity);
        }
        catch (OutOfMemoryException)
        {
            foreach (Storage storage in storages.AsSpan(0, rented)) storage.ReleaseUncounted();
            throw;
        }
    }

    /// <summary>Memory for what changes from step to step beside the batch.</summary>
    public TensorRange Numbers { get; }

    /// <summary>What the step was asked for with.</summary>
    public IReadOnlyList<TensorBase> Given { get; private set; }

    /// <summary>Bytes of it.</summary>
    public long Bytes => storages.Sum(device.Spares.CapacityBytes) + device.Spares.CapacityBytes(Numbers.Storage);

    public bool Owns(Storage storage) => IndexOf(storage) >= 0;

    public int IndexOf(Storage storage) => Array.IndexOf(storages, storage);

    /// <summary>Takes over a step's batch.</summary>
    public void Copy(IReadOnlyList<TensorBase> given)
    {
        Given = given;
        for (int i = 0; i < storages.Length; i++) device.CopyUncounted(given[i].Range, new TensorRange(storages[i], 0, storages[i].Length));
    }

    /// <summary>Handles for the step that is recorded; whoever asks disposes them.</summary>
    public TensorBase[] Handles()
    {
        var handles = new TensorBase[storages.Length];
        for (int i = 0; i < handles.Length; i++)
        {
            storages[i].AddReference();
            var range = new TensorRange(storages[i], 0, storages[i].Length);
            handles[i] = storages[i].Kind == ElementKind.Real ? new Tensor(range, Given[i].Shape, scoped: false) : new IntTensor(range, Given[i].Shape, scoped: false);
        }
        return handles;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Storage storage in storages) storage.ReleaseUncounted();
        Numbers.Storage.ReleaseUncounted();
    }

    private Storage Rent(ElementKind kind, int length)
    {
        Storage storage = device.Spares.Rent(kind, length, MemoryKind.Activation);
        storage.Length = length;
        storage.MemoryKind = MemoryKind.Activation;
        storage.Tenancy++;
        storage.AddReference();         // never the last to go: it is given back uncounted
        return storage;
    }
}
