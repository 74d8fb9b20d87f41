namespace ResearchFreeze.Autograd;

/// <summary>
/// Runs the same primitives on the reference and on another device and compares every element of every storage, also those around the ranges: a write outside a range is a difference.
/// The body draws its operands from the bench, so that both devices are given the same.
/// </summary>
public sealed class PrimitiveBench
{
    private const float Sentinel = 77;
    private readonly List<Storage> storages = [];
    private readonly List<Array> starts = [];
    private readonly List<double> units = [];
    private uint state = 12345;

    private PrimitiveBench(Device device, CaseSizes sizes) => (Device, Sizes) = (device, sizes);

    /// <summary>What the body runs on.</summary>
    public Device Device { get; }

    /// <summary>Which of the cases are worth their time.</summary>
    public CaseSizes Sizes { get; }

    /// <summary>Lengths for an element-wise primitive.</summary>
    internal IReadOnlyList<int> Lengths => Sizes.Fitting(ElementwiseCases.Lengths, length => length);

    /// <summary>
    /// Whether the ranges drawn from now on start at a multiple of four elements, where a kernel may read four at a time. Otherwise they start at 3 to 7 elements, one after the other,
    /// so that of two drawn in a row at least one is at no such multiple.
    /// </summary>
    public bool IsAligned { get; set; }

    /// <summary>All storages, in their order, after the body has run on one device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="body">Draws operands and calls primitives.</param>
    /// <param name="sizes">Which cases it should take; null: the usual ones.</param>
    public static double[][] Run(Device device, Action<PrimitiveBench> body, CaseSizes? sizes = null) => RunFromStart(device, body, sizes, needsStart: false).After;

    /// <summary>All storages, in their order, as they were drawn and after the body has run.</summary>
    internal static (double[][] Before, double[][] After) RunFromStart(Device device, Action<PrimitiveBench> body, CaseSizes? sizes = null, bool needsStart = true)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(body);
        var bench = new PrimitiveBench(device, sizes ?? CaseSizes.Usual);
        try
        {
            body(bench);
            double[][] before = needsStart ? [.. bench.starts.Zip(bench.units, Started)] : [];
            return (before, [.. bench.storages.Select((storage, i) => Values(storage, bench.units[i]))]);
        }
        finally
        {
            foreach (Storage storage in bench.storages) storage.Release();
        }
    }

    /// <summary>Random values in (−2, 2), or (0.1, 2.1), times a scale.</summary>
    public TensorRange Input(int length, bool positive = false, float scale = 1) => Reals(Draw(length, positive, scale));

    /// <summary>The same, not yet on the device.</summary>
    internal float[] Draw(int length, bool positive = false, float scale = 1)
    {
        var values = new float[length];
        for (int i = 0; i < length; i++)
        {
            state = (state * 1664525) + 1013904223;
            float unit = (state >> 8) / 16777216f;
            values[i] = scale * (positive ? 0.1f + (2 * unit) : (4 * unit) - 2);
        }
        return values;
    }

    /// <summary>Where a result goes: NaN where the old content must not count, random values otherwise.</summary>
    /// <param name="length">Elements.</param>
    /// <param name="beta">What the old content is multiplied with.</param>
    /// <param name="unit">The result's magnitude where that is far below 1: it is compared in this unit, so that the tolerance does not hide all of it.</param>
    public TensorRange Output(int length, float beta = 0, double unit = 1)
    {
        if (beta != 0) return Input(length);
        var values = new float[length];
        Array.Fill(values, float.NaN);
        TensorRange range = Reals(values);
        units[^1] = unit;
        return range;
    }

    /// <summary>These reals, with other elements around them.</summary>
    public TensorRange Reals(params float[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        TensorRange range = Keep(ElementKind.Real, values.Length);
        var all = new float[range.Storage.Length];
        Array.Fill(all, Sentinel);
        values.CopyTo(all, range.Offset);
        starts.Add(all);
        Device.Upload(all, new TensorRange(range.Storage, 0, all.Length));
        return range;
    }

    /// <summary>These integers, likewise.</summary>
    public TensorRange Integers(params int[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        TensorRange range = Keep(ElementKind.Int32, values.Length);
        var all = new int[range.Storage.Length];
        Array.Fill(all, (int)Sentinel);
        values.CopyTo(all, range.Offset);
        starts.Add(all);
        Device.Upload(all, new TensorRange(range.Storage, 0, all.Length));
        return range;
    }

    /// <summary>Where bfloat16 goes, with other elements around it.</summary>
    internal TensorRange BFloat16(int length)
    {
        TensorRange range = Keep(ElementKind.BFloat16, length);
        var all = new float[range.Storage.Length];
        Array.Fill(all, Sentinel);
        starts.Add(all);
        using var start = Tensor.From(Device, all, [all.Length]);
        Device.ToBFloat16(start.Range, new TensorRange(range.Storage, 0, all.Length));
        return range;
    }

    /// <summary>The largest |difference| / (tolerance·(1 + |expected|)), and the first element where that is more than 1.</summary>
    internal static (double Largest, string? Failure) Compare(double[][] expected, double[][] found, double tolerance)
    {
        double largest = 0;
        string? failure = expected.Length == found.Length ? null : $"{found.Length} operands, expected {expected.Length}";
        for (int s = 0; s < Math.Min(expected.Length, found.Length); s++)
        {
            for (int i = 0; i < expected[s].Length; i++)
            {
                double want = expected[s][i], got = found[s][i];
                if (want.Equals(got)) continue;
                double error = Math.Abs(want - got) / (tolerance * (1 + Math.Abs(want)));
                if (double.IsNaN(error)) error = double.PositiveInfinity;
                largest = Math.Max(largest, error);
                if (error > 1) failure ??= FormattableString.Invariant($"operand {s} of {expected.Length}, element {i} of {expected[s].Length}: expected {want:R}, found {got:R}");
            }
        }
        return (largest, failure);
    }

    private TensorRange Keep(ElementKind kind, int length)
    {
        int offset = IsAligned ? 4 : 3 + (storages.Count % 5);
        Storage storage = Device.Rent(kind, offset + length + 2, MemoryKind.Activation);
        storages.Add(storage);
        units.Add(1);
        return new TensorRange(storage, offset, length);
    }

    private static double[] Started(Array start, double unit) =>
        start is float[] reals ? Array.ConvertAll(reals, value => value / unit) : Array.ConvertAll((int[])start, value => (double)value);

    private static double[] Values(Storage storage, double unit)
    {
        var result = new double[storage.Length];
        var all = new TensorRange(storage, 0, storage.Length);
        if (storage.Kind == ElementKind.BFloat16)
        {
            using Tensor reals = Tensor.Empty(storage.Device, [storage.Length]);
            storage.Device.FromBFloat16(all, reals.Range);
            reals.CopyTo(result);
            return result;
        }
        if (storage.Kind == ElementKind.Real)
        {
            storage.Device.Download(all, result);
            return unit == 1 ? result : Array.ConvertAll(result, value => value / unit);
        }
        var integers = new int[storage.Length];
        storage.Device.Download(all, integers);
        for (int i = 0; i < integers.Length; i++) result[i] = integers[i];
        return result;
    }
}
