namespace ResearchFreeze.Autograd;

/// <summary>
/// Keeps in bfloat16 what only the graph holds, where <see cref="Device.SavedPrecision"/> says so. It is packed when the last handle of it goes: before, it is there as float32 anyway, and keeping both would cost memory. An
/// operation's backward pass gets it as reals again, in memory of its own that goes back with the operation's node.
/// </summary>
internal static class SavedActivations
{
    /// <summary>Fewer elements are not worth two passes over them.</summary>
    public const int Least = 1024;

    /// <summary>A node keeps a storage, and may have it packed once only such nodes hold it.</summary>
    public static void MayPack(Storage storage, Node keeper)
    {
        if (storage is not { Kind: ElementKind.Real, MemoryKind: MemoryKind.Activation, Length: >= Least, Device: { SavedPrecision: Precision.BFloat16, KeepsReals: false } }) return;
        (storage.Keepers ??= []).Add(keeper);
        storage.KeptOn = Environment.CurrentManagedThreadId;
    }

    /// <summary>The nodes that keep a storage may be all that hold it now: then they get it as bfloat16.</summary>
    public static void Pack(Storage storage)
    {
        Device device = storage.Device;
        // What another thread lets go stays as it is: when that happens is no part of a step, and bits must not depend on it.
        if (storage.KeptOn != Environment.CurrentManagedThreadId || !device.Counters.Hold.TryEnter()) return;
        try
        {
            List<Node> keepers = storage.Keepers!;
            // One more that keeps it as it is (a loss): it is there anyway.
            if (storage.ReferenceCount != keepers.Count || storage.SavedCount != keepers.Count) return;
            using CostScope booking = device.Counters.For(device.Counters.Kind, storage.SavedBy);
            Storage packed = device.Rent(ElementKind.BFloat16, storage.Length, MemoryKind.Activation);
            device.ToBFloat16(new TensorRange(storage, 0, storage.Length), new TensorRange(packed, 0, storage.Length));
            device.Counters.Packed(storage, packed);
            int count = keepers.Count;
            foreach (Node keeper in keepers)
            {
                keeper.Move(storage, packed);
                packed.AddReference();
            }
            keepers.Clear();
            packed.ReleaseKept();
            for (int i = 0; i < count; i++) storage.ReleaseKept();
        }
        finally
        {
            device.Counters.Hold.Exit();
        }
    }

    /// <summary>What was kept of a storage is in another now, at the same places. What was written since it was kept stays stale.</summary>
    public static void Move(List<KeptTensor> slots, Storage from, Storage to)
    {
        for (int i = 0; i < slots.Count; i++)
        {
            (TensorRange range, int version) = (slots[i].Range, slots[i].Version);
            if (range.Storage == from) slots[i] = slots[i] with { Range = range with { Storage = to }, Version = version == from.Version ? to.Version : to.Version - 1 };
        }
    }

    /// <summary>What was kept as reals: where it is, or in memory that goes back with the node.</summary>
    public static TensorRange RealsOf(List<KeptTensor> slots, int slot)
    {
        (TensorRange range, TensorRange reals) = (slots[slot].Range, slots[slot].Reals);
        if (range.Storage.Kind != ElementKind.BFloat16) return range;
        if (reals.Storage is not null) return reals;
        Device device = range.Storage.Device;
        reals = new TensorRange(device.Rent(ElementKind.Real, range.Length, MemoryKind.Activation), 0, range.Length);
        slots[slot] = slots[slot] with { Reals = reals };
        device.FromBFloat16(range, reals);
        return reals;
    }
}
