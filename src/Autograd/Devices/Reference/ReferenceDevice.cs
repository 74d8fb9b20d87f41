namespace ResearchFreeze.Autograd;

/// <summary>
/// float64, one thread, the plainest loops there are: this device defines what every primitive means. Other devices are optimisations of it and are tested against it.
/// </summary>
public partial class ReferenceDevice : Device
{
    /// <summary>A reference device. Several can coexist.</summary>
    public ReferenceDevice()
        : base("reference", "float64, one thread, defines what every primitive means", sizeof(double))
    {
    }

    /// <inheritdoc/>
    public override bool IsSynchronous => true;

    /// <inheritdoc/>
    protected internal override Storage Allocate(ElementKind kind, int capacity) => new ReferenceStorage(this, kind, capacity);

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

    private static Span<int> Integers(TensorRange range) => ((ReferenceStorage)range.Storage).Integers.AsSpan(range.Offset, range.Length);

    /// <summary>y ← value + beta·y, where beta = 0 never reads y.</summary>
    private static void Store(ref double y, double value, double beta) => y = beta == 0 ? value : value + (beta * y);

    private sealed class ReferenceStorage(Device device, ElementKind kind, int capacity) : Storage(device, kind, capacity)
    {
        public double[] Reals { get; } = kind == ElementKind.Real ? new double[capacity] : [];

        public int[] Integers { get; } = kind == ElementKind.Int32 ? new int[capacity] : [];

        protected internal override void Free()
        {
            // Managed arrays: dropping the reference is all there is to do.
        }
    }
}
