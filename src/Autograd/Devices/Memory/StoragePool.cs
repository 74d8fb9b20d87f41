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
    private readonly Stack<Storage>[] spareBFloat16 = NewClasses();

    /// <summary>Bytes that are kept spare.</summary>
    public long SpareBytes { get; private set; }

    public Storage Rent(ElementKind kind, int length, MemoryKind use)
    {
        lock (gate)
        {
            if (Spare(kind)[ClassOf(length)].TryPop(out Storage? spare))
            {
                SpareBytes -= CapacityBytes(spare);
                return spare;
            }
        }
        return Allocate(kind, length, use);
    }

    /// <summary>Memory from the system for at least as many elements, at most a quarter more; use null: the device's own.</summary>
    public Storage Allocate(ElementKind kind, int length, MemoryKind? use)
    {
        int capacity = CapacityOf(ClassOf(length));
        try
        {
            return device.Allocate(kind, capacity);
        }
        catch (OutOfMemoryException)
        {
            // Recorded steps can be recorded again; the one that is being taken stays.
            device.Graphs.ForEach(graphs => graphs.Clear());
            // What is spare in other size classes may be what is missing here: give it back once and try again.
            long spare = Trim();
            try
            {
                return device.Allocate(kind, capacity);
            }
            catch (OutOfMemoryException e)
            {
                throw new OutOfMemoryException(Full((long)length * device.SizeOf(kind), use, spare), e);
            }
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

    /// <summary>Bytes of a storage, with what of it is not used.</summary>
    internal long CapacityBytes(Storage storage) => (long)storage.Capacity * device.SizeOf(storage.Kind);

    /// <summary>Gives all spare memory back to the system and returns how many bytes that were.</summary>
    public long Trim()
    {
        lock (gate)
        {
            long bytes = SpareBytes;
            // A storage is spare as soon as its last handle is gone, and work that was issued before may still use it. CUDA's cuMemFree happens to wait and OpenCL keeps a buffer for the commands that use it, but no device is
            // asked to rely on that.
            if (bytes > 0) device.Synchronize();
            foreach (Stack<Storage>[] classes in (ReadOnlySpan<Stack<Storage>[]>)[spareReal, spareInt, spareBFloat16])
            {
                foreach (Stack<Storage> spares in classes)
                {
                    while (spares.TryPop(out Storage? spare)) spare.Free();
                }
            }
            SpareBytes = 0;
            return bytes;
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
        return (int)Math.Min((1L << (exponent - 1)) + (steps << (exponent - 3)), Shape.MaxCount);
    }

    private static Stack<Storage>[] NewClasses()
    {
        var result = new Stack<Storage>[Classes + 1];
        for (int i = 0; i < result.Length; i++) result[i] = new Stack<Storage>();
        return result;
    }

    private Stack<Storage>[] Spare(ElementKind kind) => kind switch { ElementKind.Real => spareReal, ElementKind.Int32 => spareInt, _ => spareBFloat16 };

    /// <summary>The message when there is no memory left: who asked, for how much, and what has the rest.</summary>
    private string Full(long bytes, MemoryKind? use, long spare)
    {
        string asked = device.Running.Function is { } function ? $" in or after the {(device.Running.IsBackward ? "backward" : "forward")} pass of {function.Name}" : "";
        string live = string.Join(", ", Enum.GetValues<MemoryKind>().Select(kind => FormattableString.Invariant($"{kind} {device.Counters.Live(kind):N0}")));
        string recorded = device.Recorder is null ? "" : " The step was being recorded, which takes a copy of its batch beside it: with graphs off it may fit.";
        return FormattableString.Invariant($"{device.Name}: out of memory: {bytes:N0} bytes for {use?.ToString() ?? "work space"} were asked for{asked}; bytes alive: {live}; the pool's {spare:N0} spare bytes were given back first.{recorded}");
    }
}
