namespace ResearchFreeze.Autograd;

/// <summary>
/// The memory of recorded steps, apart from the pool: a step that is repeated writes where it wrote before, so nobody else may have that. All of a device's recorded steps share it, since one runs at a time and nothing of a step
/// outlives it. A step always gets the free storage with the lowest number, so that two that ask alike get the same. Storages come from the pool, where plain steps would have left them spare, and go back with the last step
/// that uses them.
/// </summary>
internal sealed class StepMemory(StoragePool pool)
{
    private readonly Lock gate = new();
    private readonly Dictionary<(ElementKind Kind, int Class), SortedDictionary<int, Storage>> spare = [];
    private readonly Dictionary<Storage, (int Number, int Steps)> all = new(ReferenceEqualityComparer.Instance);
    private int next;

    /// <summary>Bytes of all of it.</summary>
    public long Bytes { get; private set; }

    /// <summary>Memory for a step that is being recorded.</summary>
    public Storage Rent(ElementKind kind, int length, MemoryKind use)
    {
        lock (gate)
        {
            SortedDictionary<int, Storage> free = Spare(kind, length);
            if (free.Count > 0)
            {
                (int number, Storage found) = free.First();
                free.Remove(number);
                return found;
            }
        }
        Storage storage = pool.Rent(kind, length, use);
        lock (gate)
        {
            storage.Reserve = this;
            all.Add(storage, (next++, 0));
            Bytes += pool.CapacityBytes(storage);
        }
        return storage;
    }

    /// <summary>The last handle of a storage is gone.</summary>
    public void Return(Storage storage)
    {
        lock (gate) Spare(storage.Kind, storage.Capacity).Add(all[storage].Number, storage);
    }

    /// <summary>A spare storage, with what the last step left in it.</summary>
    public void Take(Storage storage)
    {
        lock (gate) Spare(storage.Kind, storage.Capacity).Remove(all[storage].Number);
    }

    /// <summary>One step more uses this.</summary>
    public void Use(Storage storage)
    {
        lock (gate) all[storage] = all[storage] with { Steps = all[storage].Steps + 1 };
    }

    /// <summary>A step is gone: what no other uses goes back to the pool, at once or with its last handle.</summary>
    public void Leave(IReadOnlyCollection<Storage> storages)
    {
        lock (gate)
        {
            foreach (Storage storage in storages)
            {
                (int number, int steps) = all[storage];
                if (steps > 1)
                {
                    all[storage] = (number, steps - 1);
                    continue;
                }
                all.Remove(storage);
                Bytes -= pool.CapacityBytes(storage);
                storage.Reserve = null;
                if (Spare(storage.Kind, storage.Capacity).Remove(number)) pool.Return(storage);
            }
        }
    }

    private SortedDictionary<int, Storage> Spare(ElementKind kind, int length)
    {
        (ElementKind, int) key = (kind, StoragePool.ClassOf(length));
        if (!spare.TryGetValue(key, out SortedDictionary<int, Storage>? found)) spare[key] = found = [];
        return found;
    }
}
