using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// Runs the same primitives on the reference and on another device and compares every element of every storage, also those around the ranges: a write outside a range is a difference.
/// </summary>
internal sealed class GpuBench(Device device)
{
    private const float Sentinel = 77;
    private readonly List<Storage> storages = [];
    private uint state = 12345;

    public Device Device => device;

    /// <summary>Runs on both and compares: |difference| at most tolerance·(1 + |expected|).</summary>
    public static void Check(Device device, double tolerance, Action<GpuBench> body)
    {
        using var reference = new ReferenceDevice();
        double[][] expected = Run(reference, body), actual = Run(device, body);
        for (int s = 0; s < expected.Length; s++)
        {
            for (int i = 0; i < expected[s].Length; i++)
            {
                double want = expected[s][i], got = actual[s][i];
                bool same = want.Equals(got) || Math.Abs(want - got) <= tolerance * (1 + Math.Abs(want));
                if (!same) Assert.Fail($"storage {s}, element {i}: expected {want:R}, found {got:R} on {device}.");
            }
        }
    }

    /// <summary>All storages after the body has run on one device.</summary>
    public static double[][] Run(Device device, Action<GpuBench> body)
    {
        var bench = new GpuBench(device);
        body(bench);
        var result = new double[bench.storages.Count][];
        for (int s = 0; s < result.Length; s++)
        {
            Storage storage = bench.storages[s];
            result[s] = new double[storage.Length];
            if (storage.Kind == ElementKind.Real)
            {
                device.Download(new TensorRange(storage, 0, storage.Length), result[s]);
            }
            else
            {
                var integers = new int[storage.Length];
                device.Download(new TensorRange(storage, 0, storage.Length), integers);
                for (int i = 0; i < integers.Length; i++) result[s][i] = integers[i];
            }
            storage.Release();
        }
        return result;
    }

    /// <summary>Random values in (−2, 2), or (0.1, 2.1).</summary>
    public TensorRange Input(int length, bool positive = false)
    {
        var values = new float[length];
        for (int i = 0; i < length; i++)
        {
            state = (state * 1664525) + 1013904223;
            float unit = (state >> 8) / 16777216f;
            values[i] = positive ? 0.1f + (2 * unit) : (4 * unit) - 2;
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

    public TensorRange Reals(params float[] values)
    {
        int offset = 3 + (storages.Count % 5);
        Storage storage = device.Rent(ElementKind.Real, offset + values.Length + 2, MemoryKind.Activation);
        var all = new float[storage.Length];
        Array.Fill(all, Sentinel);
        values.CopyTo(all, offset);
        device.Upload(all, new TensorRange(storage, 0, storage.Length));
        return Keep(storage, offset, values.Length);
    }

    public TensorRange Integers(params int[] values)
    {
        int offset = 3 + (storages.Count % 5);
        Storage storage = device.Rent(ElementKind.Int32, offset + values.Length + 2, MemoryKind.Activation);
        var all = new int[storage.Length];
        Array.Fill(all, (int)Sentinel);
        values.CopyTo(all, offset);
        device.Upload(all, new TensorRange(storage, 0, storage.Length));
        return Keep(storage, offset, values.Length);
    }

    private TensorRange Keep(Storage storage, int offset, int length)
    {
        storages.Add(storage);
        return new TensorRange(storage, offset, length);
    }
}
