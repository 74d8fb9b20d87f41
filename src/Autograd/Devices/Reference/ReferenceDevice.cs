namespace ResearchFreeze.Autograd;

/// <summary>
/// float64, one thread, the plainest loops there are: this device defines what every primitive means. Other devices are optimisations of it and are tested against it.
/// </summary>
public partial class ReferenceDevice : Device
{
    private readonly long limit;
    private long taken;

    /// <summary>A reference device. Several can coexist.</summary>
    public ReferenceDevice()
        : this(long.MaxValue)
    {
    }

    /// <summary>One that defines what products and convolutions mean in a precision: their operands are rounded as float32 values, all else stays float64.</summary>
    public ReferenceDevice(Precision precision)
        : base("reference", $"float64, one thread{(precision == Precision.Float32 ? "" : $", operands of products rounded to {Precisions.NameOf(precision)}")}, defines what every primitive means", sizeof(double)) =>
        (limit, Precision) = (long.MaxValue, precision);

    /// <summary>One that has no more memory than so many bytes, to test what happens then.</summary>
    internal ReferenceDevice(long limit)
        : base("reference", "float64, one thread, defines what every primitive means", sizeof(double))
    {
        this.limit = limit;
    }

    /// <inheritdoc/>
    public override bool IsSynchronous => true;

    /// <inheritdoc/>
    public override Precision Precision { get; }

    /// <inheritdoc/>
    protected internal override Storage Allocate(ElementKind kind, int capacity)
    {
        long bytes = BytesOf(kind, capacity);
        if (Interlocked.Add(ref taken, bytes) <= limit) return new ReferenceStorage(this, kind, capacity);
        Interlocked.Add(ref taken, -bytes);
        throw new OutOfMemoryException($"{Name}: {bytes} bytes are more than is left of {limit}.");
    }

    /// <inheritdoc/>
    protected override void UploadCore(ReadOnlySpan<float> values, TensorRange y)
    {
        Span<double> to = Reals(y);
        for (int i = 0; i < to.Length; i++) to[i] = values[i];
    }

    /// <inheritdoc/>
    protected override void UploadCore(ReadOnlySpan<double> values, TensorRange y) => values.CopyTo(Reals(y));

    /// <inheritdoc/>
    protected override void UploadCore(ReadOnlySpan<int> values, TensorRange y) => values.CopyTo(Integers(y));

    /// <inheritdoc/>
    protected override void DownloadCore(TensorRange x, Span<float> values)
    {
        Span<double> from = Reals(x);
        for (int i = 0; i < from.Length; i++) values[i] = (float)from[i];
    }

    /// <inheritdoc/>
    protected override void DownloadCore(TensorRange x, Span<double> values) => Reals(x).CopyTo(values);

    /// <inheritdoc/>
    protected override void DownloadCore(TensorRange x, Span<int> values) => Integers(x).CopyTo(values);

    /// <inheritdoc/>
    protected override void CopyCore(TensorRange x, TensorRange y)
    {
        if (x.Storage.Kind == ElementKind.Int32) Integers(x).CopyTo(Integers(y));
        else Reals(x).CopyTo(Reals(y));
    }

    /// <inheritdoc/>
    protected override void FillCore(TensorRange y, double value) => Reals(y).Fill(value);

    /// <summary>The elements of a range of reals.</summary>
    private static Span<double> Reals(TensorRange range) => ((ReferenceStorage)range.Storage).Reals.AsSpan(range.Offset, range.Length);

    /// <summary>The elements of a product's operand.</summary>
    private Span<double> Operands(TensorRange range)
    {
        Span<double> values = Reals(range);
        return Precision == Precision.Float32 ? values : Array.ConvertAll(values.ToArray(), value => (double)Precisions.Round((float)value, Precision));
    }

    private static Span<int> Integers(TensorRange range) => ((ReferenceStorage)range.Storage).Integers.AsSpan(range.Offset, range.Length);

    private long BytesOf(ElementKind kind, int capacity) => (long)capacity * SizeOf(kind);

    /// <summary>y ← value + beta·y, where beta = 0 never reads y.</summary>
    private static void Store(ref double y, double value, double beta) => y = beta == 0 ? value : value + (beta * y);

    private sealed class ReferenceStorage(ReferenceDevice device, ElementKind kind, int capacity) : Storage(device, kind, capacity)
    {
        public double[] Reals { get; } = kind == ElementKind.Real ? new double[capacity] : [];

        public int[] Integers { get; } = kind == ElementKind.Int32 ? new int[capacity] : [];

        public ushort[] BFloat16s { get; } = kind == ElementKind.BFloat16 ? new ushort[capacity] : [];

        // Managed arrays: dropping the reference is all there is to do.
        protected internal override void Free() => Interlocked.Add(ref device.taken, -device.BytesOf(Kind, Capacity));
    }
}
