namespace ResearchFreeze.Autograd;

// bfloat16 is what reals are kept in: it is written and read by two primitives, and no other takes it.
public abstract partial class Device
{
    /// <summary>
    /// What the forward pass's results are kept in for the backward pass where nobody but the graph holds them any more: <see cref="Precision.Float32"/>, as they are, or <see cref="Precision.BFloat16"/>, half of that.
    /// An operation's backward pass gets them as reals again. Results of fewer than 1024 elements stay as they are, and so does what a loss or somebody's handle holds, moments, and parameters.
    /// </summary>
    /// <exception cref="ArgumentException">It is another precision.</exception>
    public Precision SavedPrecision
    {
        get;
        set
        {
            if (value is not (Precision.Float32 or Precision.BFloat16)) throw new ArgumentException($"{Name}: saved activations are {string.Join(" or ", Precisions.SavedNames)}, found {Precisions.NameOf(value)}.");
            // What was recorded keeps them as it was.
            if (value != field) Graphs.ForEach(graphs => graphs.Clear());
            field = value;
        }
    }

    /// <summary>Results of fewer elements stay as they are: they are not worth two passes over them.</summary>
    public const int LeastPacked = SavedActivations.Least;

    /// <summary>Whether what is kept now stays as it is all the same: of a pass that is recorded and dropped at once.</summary>
    internal bool KeepsReals { get; set; }

    /// <summary>y ← x as bfloat16: eight bits of exponent, seven of mantissa, to the nearest, of two the even one. What is not a number stays that, without its sign; what is too large becomes infinite.</summary>
    /// <param name="x">Reals; on the reference they are rounded to float32 first.</param>
    /// <param name="y">As many elements of <see cref="ElementKind.BFloat16"/>.</param>
    public void ToBFloat16(TensorRange x, TensorRange y)
    {
        using HeldCall call = Begin(Primitive.ToBFloat16, [new(x, y.Length), new(y, y.Length)]);
        ToBFloat16Core(x, y);
    }

    /// <summary>y ← x, exactly.</summary>
    /// <param name="x">Elements of <see cref="ElementKind.BFloat16"/>.</param>
    /// <param name="y">As many reals.</param>
    public void FromBFloat16(TensorRange x, TensorRange y)
    {
        using HeldCall call = Begin(Primitive.FromBFloat16, [new(x, y.Length), new(y, y.Length)]);
        FromBFloat16Core(x, y);
    }

    private void DownloadWidened(TensorRange x, Span<float> values)
    {
        using Tensor reals = WidenedOf(x);
        Download(reals.Range, values);
    }

    private void DownloadWidened(TensorRange x, Span<double> values)
    {
        using Tensor reals = WidenedOf(x);
        Download(reals.Range, values);
    }

    private Tensor WidenedOf(TensorRange x)
    {
        var reals = new Tensor(new TensorRange(Rent(ElementKind.Real, x.Length, MemoryKind.Activation), 0, x.Length), [x.Length], scoped: false);
        FromBFloat16(x, reals.Range);
        return reals;
    }

    /// <summary>See <see cref="ToBFloat16"/>.</summary>
    protected abstract void ToBFloat16Core(TensorRange x, TensorRange y);

    /// <summary>See <see cref="FromBFloat16"/>.</summary>
    protected abstract void FromBFloat16Core(TensorRange x, TensorRange y);
}
