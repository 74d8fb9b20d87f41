using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// The same values on the reference and on a device, at an offset that no vector is aligned to, with guard elements around them that nothing may write.
/// </summary>
public sealed class Twin
{
    private const int Before = 3, After = 5;
    private const double Guard = 1234.5;
    private const int IntegerGuard = 12345;
    private readonly string name;

    private Twin(string name, TensorRange reference, TensorRange device)
    {
        this.name = name;
        Reference = reference;
        OnDevice = device;
    }

    public TensorRange Reference { get; }

    public TensorRange OnDevice { get; }

    public static Twin Of(string name, double[] values, ReferenceDevice reference, Device device)
    {
        var padded = new double[values.Length + Before + After];
        padded.AsSpan().Fill(Guard);
        values.CopyTo(padded, Before);
        return new Twin(name, Put(reference), Put(device));

        TensorRange Put(Device target)
        {
            Storage storage = target.Rent(ElementKind.Real, padded.Length, MemoryKind.Activation);
            target.Upload(padded, new TensorRange(storage, 0, padded.Length));
            return new TensorRange(storage, Before, values.Length);
        }
    }

    public static Twin Of(string name, int[] values, ReferenceDevice reference, Device device)
    {
        return new Twin(name, Put(reference), Put(device));

        TensorRange Put(Device target)
        {
            var padded = new int[values.Length + Before + After];
            padded.AsSpan().Fill(IntegerGuard);
            values.CopyTo(padded, Before);
            Storage storage = target.Rent(ElementKind.Int32, padded.Length, MemoryKind.Activation);
            target.Upload(padded, new TensorRange(storage, 0, padded.Length));
            return new TensorRange(storage, Before, values.Length);
        }
    }

    /// <summary>The range on one of the two.</summary>
    public TensorRange On(Device device) => device is ReferenceDevice ? Reference : OnDevice;

    public double[] Values(Device device)
    {
        TensorRange range = On(device);
        var values = new double[range.Length];
        device.Download(range, values);
        return values;
    }

    /// <summary>Equal on both, relative to max(1, largest finite magnitude), and the guards are as they were.</summary>
    public void AssertSame(string label, ReferenceDevice reference, Device device, double tolerance, double scale = 1)
    {
        double[] expected = Values(reference), found = Values(device);
        scale = Math.Max(scale, LargestOn(reference));
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = expected[i].Equals(found[i]) || Math.Abs(expected[i] - found[i]) <= tolerance * scale;
            if (!same) Assert.Fail($"{label}: {name}[{i}] of {expected.Length} is {found[i]:R} on {device}, expected {expected[i]:R}.");
        }
        Storage storage = OnDevice.Storage;
        var all = new double[storage.Length];
        device.Download(new TensorRange(storage, 0, all.Length), all);
        for (int i = 0; i < all.Length; i++)
        {
            bool inside = i >= OnDevice.Offset && i < OnDevice.Offset + OnDevice.Length;
            if (!inside && all[i] != Guard) Assert.Fail($"{label}: {name} was written outside its range, at {i - OnDevice.Offset} of {OnDevice.Length}: {all[i]:R}.");
        }
    }

    /// <summary>The largest finite absolute value.</summary>
    public double LargestOn(Device device)
    {
        double largest = 0;
        foreach (double value in Values(device))
        {
            if (double.IsFinite(value)) largest = Math.Max(largest, Math.Abs(value));
        }
        return largest;
    }

    /// <summary>The same integers on both, and the guards are as they were.</summary>
    public void AssertSameIntegers(string label, ReferenceDevice reference, Device device)
    {
        var expected = new int[Reference.Storage.Length];
        var found = new int[expected.Length];
        reference.Download(new TensorRange(Reference.Storage, 0, expected.Length), expected);
        device.Download(new TensorRange(OnDevice.Storage, 0, found.Length), found);
        for (int i = 0; i < expected.Length; i++)
        {
            if (expected[i] != found[i]) Assert.Fail($"{label}: {name}[{i - OnDevice.Offset}] of {OnDevice.Length} is {found[i]} on {device}, expected {expected[i]}.");
        }
    }

    public void Release()
    {
        Reference.Storage.Release();
        OnDevice.Storage.Release();
    }
}
