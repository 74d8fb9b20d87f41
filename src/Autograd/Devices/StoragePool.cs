using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Spare storages of a device by size class. A training step rents the same sizes in the same order every time, so a steady step allocates nothing.
/// Safe to use from several threads.
/// </summary>
internal sealed class StoragePool(Device device)
{
    private const int Classes = 32 * 4;
    private readonly Lock gate = new();
    private readonly Stack<Storage>[] spareReal = NewClasses();
    private readonly Stack<Storage>[] spareInt = NewClasses();

    /// <summary>Bytes that are kept spare.</summary>
    public long SpareBytes { get; private set; }

    public Storage Rent(ElementKind kind, int length)
    {
        int index = ClassOf(length);
        lock (gate)
        {
            if (Spare(kind)[index].TryPop(out Storage? spare))
            {
                SpareBytes -= CapacityBytes(spare);
                return spare;
            }
        }
        try
        {
            return device.Allocate(kind, CapacityOf(index));
        }
        catch (OutOfMemoryException)
        {
            // What is spare in other size classes may be what is missing here: give it back once and try again.
            Trim();
            return device.Allocate(kind, CapacityOf(index));
        }
    }

    public void Return(Storage storage)
    {
        lock (gate)
        {
            Spare(storage.Kind)[ClassOf(storage.Capacity)].Push(storage);
            SpareBytes += CapacityBytes(storage);
        }
    }

    /// <summary>Gives all spare memory back to the system.</summary>
    public void Trim()
    {
        lock (gate)
        {
            foreach (Stack<Storage>[] classes in (ReadOnlySpan<Stack<Storage>[]>)[spareReal, spareInt])
            {
                foreach (Stack<Storage> spares in classes)
                {
                    while (spares.TryPop(out Storage? spare)) spare.Free();
                }
            }
            SpareBytes = 0;
        }
    }

    /// <summary>Four classes to each power of two: at most a quarter of a storage is unused.</summary>
    internal static int ClassOf(int length)
    {
        uint n = (uint)Math.Max(length, 16);
        int exponent = BitOperations.Log2(n - 1) + 1;                // 2^(exponent-1) < n <= 2^exponent
        uint quarter = 1u << (exponent - 3);
        uint steps = (n - (1u << (exponent - 1)) + quarter - 1) / quarter;   // 1 to 4
        return ((exponent - 1) * 4) + (int)steps;
    }

    internal static int CapacityOf(int index)
    {
        int exponent = ((index - 1) / 4) + 1;
        long steps = index - ((exponent - 1) * 4);
        return (int)Math.Min((1L << (exponent - 1)) + (steps << (exponent - 3)), Array.MaxLength);
    }

    private static Stack<Storage>[] NewClasses()
    {
        var result = new Stack<Storage>[Classes + 1];
        for (int i = 0; i < result.Length; i++) result[i] = new Stack<Storage>();
        return result;
    }

    private Stack<Storage>[] Spare(ElementKind kind) => kind == ElementKind.Real ? spareReal : spareInt;

    private long CapacityBytes(Storage storage) => (long)storage.Capacity * (storage.Kind == ElementKind.Int32 ? sizeof(int) : device.RealSize);
}
