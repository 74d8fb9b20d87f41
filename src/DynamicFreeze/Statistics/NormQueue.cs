using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Norms that are asked for one by one, for many parameters and units, and taken together: a device needs fewer launches for many. Each goes to a place of its own and from there to its sum, in the order
/// in which they were asked for, so that the sums have the same bits. What is summed must neither change nor be released between the two.
/// </summary>
internal sealed class NormQueue : IDisposable
{
    private static readonly NormKind[] Kinds = Enum.GetValues<NormKind>();

    private readonly List<Entry> entries = [];
    private NormTarget[] targets = [];      // kept, so that a step makes no garbage
    private readonly List<Tensor> widened = [];
    private Tensor? results;

    /// <summary>Asks for sum ← beta · sum + the norm of x, or its distance to y, as work of a unit. A frozen weight that is kept in bfloat16 is widened until then: a unit that trains may have one, which its user has frozen.</summary>
    public void Add(NormKind kind, TensorRange x, TensorRange y, TensorRange sum, float beta, int unit)
    {
        TensorRange reals = RealsOf(x);
        entries.Add(new Entry(kind, reals, y == x ? reals : RealsOf(y), sum, beta, unit));
    }

    /// <summary>Forgets what was asked for.</summary>
    public void Clear()
    {
        entries.Clear();
        foreach (Tensor each in widened) each.Dispose();
        widened.Clear();
    }

    /// <summary>Takes the norms and adds them to their sums.</summary>
    public void Run(Device device)
    {
        if (entries.Count == 0) return;
        Require(device, entries.Count);
        foreach (NormKind kind in Kinds)
        {
            int count = 0;
            for (int i = 0; i < entries.Count; i++)
            {
                Entry entry = entries[i];
                if (entry.Kind == kind) targets[count++] = new NormTarget(entry.X, entry.Y, results!.Range.Slice(i, 1), entry.Unit);
            }
            if (count > 0) device.Norm(kind, targets.AsSpan(0, count));
        }
        Array.Clear(targets);       // it must not keep released memory reachable
        for (int i = 0; i < entries.Count; i++)
        {
            using CostScope booking = device.Counters.ForUnit(entries[i].Unit);
            device.AddScaled(1, results!.Range.Slice(i, 1), entries[i].Beta, entries[i].Sum);
        }
        Clear();
    }

    public void Dispose()
    {
        Clear();
        results?.Dispose();
    }

    private TensorRange RealsOf(TensorRange range)
    {
        if (range.Storage.Kind != ElementKind.BFloat16) return range;
        Tensor reals = Tensor.Empty(range.Storage.Device, [range.Length], MemoryKind.Statistic);
        reals.Detach();
        widened.Add(reals);
        range.Storage.Device.FromBFloat16(range, reals.Range);
        return reals.Range;
    }

    private void Require(Device device, int count)
    {
        if (targets.Length >= count) return;
        Tensor larger = Tensor.Empty(device, [count], MemoryKind.Statistic);
        results?.Dispose();
        results = larger;
        targets = new NormTarget[count];
    }

    private readonly record struct Entry(NormKind Kind, TensorRange X, TensorRange Y, TensorRange Sum, float Beta, int Unit);
}
