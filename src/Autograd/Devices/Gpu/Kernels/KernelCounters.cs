using System.Reflection;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Counts what a <see cref="GpuDevice"/> launches, by the kernel's name: its class, its method and, where it is generic, its operation or operands (<c>ElementwiseKernels.Map.ReluOp</c>, <c>ProductKernels.Tiled.MatrixRows.MatrixColumns.LargeTile</c>).
/// Counted from the device's making on, so take a <see cref="Snapshot"/> and ask what came <see cref="Since"/>. Copies between host and device or from range to range are not kernels.
/// <see cref="DeviceCounters"/> counts primitives, the same on every device; one may take several kernels, and one kernel may do several. Not thread-safe.
/// </summary>
public sealed class KernelCounters
{
    // By the compiled launcher itself: found without a name being made, and different kernels of one name add up when they are read.
    private readonly Dictionary<Delegate, Counter> counters = new(ReferenceEqualityComparer.Instance);
    private Counter? last;

    internal KernelCounters()
    {
    }

    /// <summary>Kernels compiled; one that is generic, once for each operation. A driver may compile a kernel again for another size of group: that is not counted.</summary>
    public int Compiled => counters.Count;

    /// <summary>Launches of all kernels.</summary>
    public long TotalLaunches { get; private set; }

    /// <summary>The kernel that was launched last; null: none was.</summary>
    internal string? Last => last?.Name;

    /// <summary>Launches of a kernel; 0 where there is none of this name or it was never needed.</summary>
    public long Launches(string kernel)
    {
        long sum = 0;
        foreach (Counter counter in counters.Values)
        {
            if (counter.Name == kernel) sum += counter.Launches;
        }
        return sum;
    }

    /// <summary>The launches of every kernel that has been needed so far, by name.</summary>
    public IReadOnlyDictionary<string, long> Snapshot()
    {
        var result = new Dictionary<string, long>();
        foreach (Counter counter in counters.Values) result[counter.Name] = result.GetValueOrDefault(counter.Name) + counter.Launches;
        return result;
    }

    /// <summary>The launches since a snapshot was taken, without the kernels that were not launched.</summary>
    public IReadOnlyDictionary<string, long> Since(IReadOnlyDictionary<string, long> snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return Snapshot().Select(now => KeyValuePair.Create(now.Key, now.Value - snapshot.GetValueOrDefault(now.Key))).Where(now => now.Value > 0).ToDictionary();
    }

    /// <summary>A kernel has been compiled into this launcher.</summary>
    internal void Add(Delegate launcher, MethodInfo kernel)
    {
        string name = $"{kernel.DeclaringType!.Name}.{kernel.Name}";
        if (kernel.IsGenericMethod) name = $"{name}.{string.Join('.', kernel.GetGenericArguments().Select(argument => argument.Name.Split('`')[0]))}";
        counters.Add(launcher, new Counter(name));
    }

    /// <summary>A kernel is about to be launched.</summary>
    internal void Count(Delegate launcher)
    {
        last = counters[launcher];
        last.Launches++;
        TotalLaunches++;
    }

    /// <summary>A recorded step's launches, once more.</summary>
    internal void Count(IReadOnlyDictionary<object, long> launches)
    {
        foreach ((object launcher, long times) in launches)
        {
            counters[(Delegate)launcher].Launches += times;
            TotalLaunches += times;
        }
    }

    /// <summary>The name of a launcher's kernel.</summary>
    internal string NameOf(Delegate launcher) => counters[launcher].Name;

    private sealed class Counter(string name)
    {
        public string Name { get; } = name;

        public long Launches { get; set; }
    }
}
