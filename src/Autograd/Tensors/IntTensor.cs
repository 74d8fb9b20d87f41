namespace ResearchFreeze.Autograd;

/// <summary>Labels or ids: 32-bit integers. Takes no part in differentiation.</summary>
public sealed class IntTensor : TensorBase
{
    internal IntTensor(TensorRange range, Shape shape, bool scoped = true)
        : base(range, shape, scoped)
    {
    }

    /// <summary>Uploads values.</summary>
    /// <exception cref="ShapeException">The number of values is not the shape's.</exception>
    public static IntTensor From(Device device, ReadOnlySpan<int> values, Shape shape)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (values.Length != shape.Count) throw new ShapeException($"IntTensor.From: shape {shape} needs {shape.Count} values, found {values.Length}.");
        Storage storage = device.Rent(ElementKind.Int32, shape.Count, MemoryKind.Activation);
        var range = new TensorRange(storage, 0, shape.Count);
        device.Upload(values, range);
        return new IntTensor(range, shape);
    }

    /// <summary>Uploads a vector.</summary>
    public static IntTensor From(Device device, ReadOnlySpan<int> values) => From(device, values, [values.Length]);

    /// <summary>Waits for the device and reads the values.</summary>
    public int[] ToArray()
    {
        var result = new int[Shape.Count];
        Device.Download(Range, result);
        return result;
    }

    /// <summary>For example <c>IntTensor (128)</c>.</summary>
    public override string ToString() => $"IntTensor {Shape}";
}
