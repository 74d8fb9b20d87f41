namespace ResearchFreeze.Autograd;

/// <summary>Labels or ids: 32-bit integers. Takes no part in differentiation.</summary>
public sealed partial class IntTensor : TensorBase
{
    private const int Unknown = -1;

    // Noted while the values are still on the host, so that an operation can refuse them before it starts and without waiting. Two of each, since one value may be the one that counts nothing.
    private readonly int least = int.MaxValue, secondLeast = int.MaxValue, most = int.MinValue, secondMost = int.MinValue;
    private readonly int version = Unknown;

    internal IntTensor(TensorRange range, Shape shape, bool scoped = true)
        : base(range, shape, scoped)
    {
    }

    private IntTensor(TensorRange range, Shape shape, IntTensor known)
        : base(range, shape, scoped: true) => (least, secondLeast, most, secondMost, version) = (known.least, known.secondLeast, known.most, known.secondMost, known.version);

    private IntTensor(TensorRange range, Shape shape, ReadOnlySpan<int> values)
        : base(range, shape, scoped: true)
    {
        version = range.Storage.Version;
        foreach (int value in values)
        {
            if (value < secondLeast && value != least) (least, secondLeast) = value < least ? (value, least) : (least, value);
            if (value > secondMost && value != most) (most, secondMost) = value > most ? (value, most) : (most, value);
        }
    }

    /// <summary>Memory with undefined content.</summary>
    internal static IntTensor Empty(Device device, Shape shape) => new(new TensorRange(device.Rent(ElementKind.Int32, shape.Count, MemoryKind.Activation), 0, shape.Count), shape);

    /// <summary>Uploads values.</summary>
    /// <exception cref="ShapeException">The number of values is not the shape's.</exception>
    public static IntTensor From(Device device, ReadOnlySpan<int> values, Shape shape)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (values.Length != shape.Count) throw new ShapeException($"IntTensor.From: shape {shape} needs {shape.Count} values, found {values.Length}.");
        Storage storage = device.Rent(ElementKind.Int32, shape.Count, MemoryKind.Activation);
        var range = new TensorRange(storage, 0, shape.Count);
        try
        {
            device.Upload(values, range);
        }
        catch
        {
            // No scope has it yet: a device that another thread holds refuses the upload.
            storage.Release();
            throw;
        }
        return new IntTensor(range, shape, values);
    }

    /// <summary>The same integers in another shape, sharing memory.</summary>
    /// <exception cref="ShapeException">The numbers of elements differ.</exception>
    public IntTensor Reshape(Shape shape)
    {
        if (Shape.Count != shape.Count) throw new ShapeException($"reshape: {Shape} has {Shape.Count} elements, {shape} has {shape.Count}.");
        Range.Storage.AddReference();
        return new IntTensor(Range, shape, this);
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

    /// <summary>
    /// Refuses values that are not in [0, bound): for operations that look something up by them. It costs nothing where all is well: the extremes were noted when the values came from the host. Values that were
    /// written on the device since are not known, and pass.
    /// </summary>
    /// <param name="bound">How many there are to choose from.</param>
    /// <param name="operation">Named in the message.</param>
    /// <param name="what">What one value is: a label, an id.</param>
    /// <param name="ignored">A value that is fine too.</param>
    /// <exception cref="ArgumentOutOfRangeException">One is not; the message has its value and its position.</exception>
    public void CheckBelow(int bound, string operation, string what, int? ignored = null)
    {
        if (Device.Recorder is { } recorder) Recorded(recorder, bound, operation, what, ignored);
        if (version == Unknown || version != Range.Storage.Version) return;
        int low = least == ignored ? secondLeast : least, high = most == ignored ? secondMost : most;
        if (low >= 0 && high < bound) return;
        int[] values = ToArray();
        int bad = Array.FindIndex(values, value => (value < 0 || value >= bound) && value != ignored);
        throw new ArgumentOutOfRangeException(null, $"{operation}: {what} {values[bad]} at position {Shape.PositionOf(bad)} is not in [0, {bound}).");
    }

    /// <summary>In a step that is recorded this may be a copy of what the step was given, which is asked in its place, now and whenever the step is repeated.</summary>
    private void Recorded(StepRecording recorder, int bound, string operation, string what, int? ignored) =>
        recorder.Checked(this, given => given.CheckBelow(bound, operation, what, ignored));

    /// <summary>For example <c>IntTensor (128)</c>.</summary>
    public override string ToString() => $"IntTensor {Shape}";
}
