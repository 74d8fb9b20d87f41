namespace ResearchFreeze.Autograd;

/// <summary>
/// Runs the same primitives on the reference and on another device and compares every element of every storage, also those around the ranges: a write outside a range is a difference.
/// The body draws its operands from the bench, so that both devices are given the same.
/// </summary>
public sealed class PrimitiveBench
{
    private const float Sentinel = 77;
    private readonly List<Storage> storages = [];
    private uint state = 12345;

    private PrimitiveBench(Device device) => Device = device;

    /// <summary>What the body runs on.</summary>
    public Device Device { get; }

    /// <summary>Runs on both and compares: |difference| at most tolerance·(1 + |expected|).</summary>
    /// <exception cref="VerificationException">An element is off; the message names it.</exception>
    public static void Check(Device device, double tolerance, Action<PrimitiveBench> body)
    {
        ArgumentNullException.ThrowIfNull(device);
        using var reference = new ReferenceDevice();
        (_, string? failure) = Compare(Run(reference, body), Run(device, body), tolerance);
        if (failure is not null) throw new VerificationException($"{failure} on {device}.");
    }

    /// <summary>All storages, in their order, after the body has run on one device.</summary>
    public static double[][] Run(Device device, Action<PrimitiveBench> body)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(body);
        var bench = new PrimitiveBench(device);
        try
        {
            body(bench);
            return [.. bench.storages.Select(Values)];
        }
        finally
        {
            foreach (Storage storage in bench.storages) storage.Release();
        }
    }

    /// <summary>Random values in (−2, 2), or (0.1, 2.1), times a scale.</summary>
    public TensorRange Input(int length, bool positive = false, float scale = 1)
    {
        var values = new float[length];
        for (int i = 0; i < length; i++)
        {
            state = (state * 1664525) + 1013904223;
            float unit = (state >> 8) / 16777216f;
            values[i] = scale * (positive ? 0.1f + (2 * unit) : (4 * unit) - 2);
        }
        return Reals(values);
    }

    /// <summary>Where a result goes: NaN where the old content must not count, random values otherwise.</summary>
    public TensorRange Output(int length, float beta = 0)
    {
        if (beta != 0) return Input(length);
        var values = new float[length];
        Array.Fill(values, float.NaN);
        return Reals(values);
    }

    /// <summary>These reals, at an offset that no vector is aligned to, with other elements around them.</summary>
    public TensorRange Reals(params float[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        TensorRange range = Keep(ElementKind.Real, values.Length);
        var all = new float[range.Storage.Length];
        Array.Fill(all, Sentinel);
        values.CopyTo(all, range.Offset);
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
        Device.Upload(all, new TensorRange(range.Storage, 0, all.Length));
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
        int offset = 3 + (storages.Count % 5);
        Storage storage = Device.Rent(kind, offset + length + 2, MemoryKind.Activation);
        storages.Add(storage);
        return new TensorRange(storage, offset, length);
    }

    private static double[] Values(Storage storage)
    {
        var result = new double[storage.Length];
        var all = new TensorRange(storage, 0, storage.Length);
        if (storage.Kind == ElementKind.Real)
        {
            storage.Device.Download(all, result);
            return result;
        }
        var integers = new int[storage.Length];
        storage.Device.Download(all, integers);
        for (int i = 0; i < integers.Length; i++) result[i] = integers[i];
        return result;
    }
}
