namespace ResearchFreeze.Autograd;

/// <summary>
/// Keeps in bfloat16 what only the graph holds, where <see cref="Device.SavedPrecision"/> says so. It is packed when the last handle of it goes: before, it is there as float32 anyway, and keeping both would cost memory. An
/// operation's backward pass gets it as reals again, in memory of its own that goes back with the operation's node.
/// </summary>
internal static class SavedActivations
{
    /// <summary>Fewer elements are not worth two passes over them.</summary>
    public const int Least = 1024;

    /// <summary>Whether a storage may be packed once nobody else holds it.</summary>
    public static bool MayPack(Storage storage) => storage is { Kind: ElementKind.Real, MemoryKind: MemoryKind.Activation, Length: >= Least };

    /// <summary>The nodes that keep a storage may be all that hold it now: then they get it as bfloat16.</summary>
    public static void Pack(Storage storage)
    {
        Device device = storage.Device;
        // A handle that goes while another thread works on the device: it stays as it is.
        if (!device.Counters.Hold.TryEnter()) return;
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

    /// <summary>What was packed as reals again: memory of the caller's.</summary>
    public static TensorRange Unpack(TensorRange packed)
    {
        Device device = packed.Storage.Device;
        var reals = new TensorRange(device.Rent(ElementKind.Real, packed.Length, MemoryKind.Activation), 0, packed.Length);
        device.FromBFloat16(packed, reals);
        return reals;
    }
}
