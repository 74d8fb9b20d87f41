namespace ResearchFreeze.Autograd;

/// <summary>
/// A tensor of reals: float64 on the reference, float32 elsewhere. See <see cref="TensorBase"/> for who disposes it. Its operations are in <c>Operations/</c>, one file each.
/// </summary>
public sealed partial class Tensor : TensorBase
{
    private const int MostSpares = 64;

    // As many as one block drops are enough for all that come behind it.
    [ThreadStatic]
    private static Stack<Tensor>? spares;

    internal Tensor(TensorRange range, Shape shape, bool scoped = true)
        : base(range, shape, scoped)
    {
    }

    /// <summary>Whether a gradient can flow to a trainable parameter through this tensor. Derived, never set.</summary>
    public bool RequiresGrad => Node is not null || (Leaf is { } parameter && GradMode.Wants(parameter));

    /// <summary>A leaf's gradient, or null where none was computed. It belongs to the leaf.</summary>
    /// <exception cref="InvalidOperationException">This is no leaf: no gradient is kept for it.</exception>
    public Tensor? Grad => RequireLeaf().Grad;

    /// <summary>The operation that made this tensor, if it was recorded; the handle holds one reference to it.</summary>
    internal Node? Node { get; private set; }

    /// <summary>The parameter whose value this is, or what stands for a tensor made a leaf.</summary>
    internal Parameter? Leaf { get; init; }

    /// <summary>Disposes a handle and uses it for another result: for what a module makes, uses and drops within one call, which nobody else has ever had. Not twice.</summary>
    internal void Recycle()
    {
        if (IsDisposed) return;
        Dispose();
        spares ??= new Stack<Tensor>();
        if (spares.Count < MostSpares) spares.Push(this);
    }

    /// <summary>Makes the handle of a gradient that is gone that of the next one. Its slot is its owner.</summary>
    internal void Reopen(TensorRange range, Shape shape) => Open(range, shape, scoped: false);

    /// <summary>The handle of a parameter's value, on other memory with the same elements, of which it takes over a reference.</summary>
    internal void Move(TensorRange range)
    {
        Storage before = Range.Storage;
        Open(range, Shape, scoped: false);
        before.Release();
    }

    /// <summary>A new handle on the elements as reals: on the same memory, or widened where they are kept in bfloat16.</summary>
    internal Tensor AsReals()
    {
        if (Range.Storage.Kind != ElementKind.BFloat16) return StopGradient();
        Tensor reals = Empty(Device, Shape);
        Device.FromBFloat16(Range, reals.Range);
        return reals;
    }

    /// <summary>A new handle on undefined memory, for an operation's result.</summary>
    public static Tensor Empty(Device device, Shape shape, MemoryKind use = MemoryKind.Activation)
    {
        ArgumentNullException.ThrowIfNull(device);
        var range = new TensorRange(device.Rent(ElementKind.Real, shape.Count, use), 0, shape.Count);
        if (spares is not { Count: > 0 } || use != MemoryKind.Activation) return new Tensor(range, shape, use == MemoryKind.Activation);
        Tensor again = spares.Pop();
        again.Open(range, shape, scoped: true);
        return again;
    }

    /// <summary>Uploads values.</summary>
    /// <exception cref="ShapeException">The number of values is not the shape's.</exception>
    public static Tensor From(Device device, ReadOnlySpan<float> values, Shape shape)
    {
        if (values.Length != shape.Count) throw new ShapeException($"Tensor.From: shape {shape} needs {shape.Count} values, found {values.Length}.");
        Tensor result = Empty(device, shape);
        device.Upload(values, result.Range);
        return result;
    }

    /// <inheritdoc cref="From(Device, ReadOnlySpan{float}, Shape)"/>
    public static Tensor From(Device device, ReadOnlySpan<double> values, Shape shape)
    {
        if (values.Length != shape.Count) throw new ShapeException($"Tensor.From: shape {shape} needs {shape.Count} values, found {values.Length}.");
        Tensor result = Empty(device, shape);
        device.Upload(values, result.Range);
        return result;
    }

    /// <summary>Every element the same.</summary>
    public static Tensor Full(Device device, Shape shape, double value)
    {
        Tensor result = Empty(device, shape);
        device.Fill(result.Range, value);
        return result;
    }

    /// <summary>Every element zero.</summary>
    public static Tensor Zeros(Device device, Shape shape) => Full(device, shape, 0);

    /// <summary>Waits for the device and reads the elements.</summary>
    /// <exception cref="ShapeException">The span has another length.</exception>
    public void CopyTo(Span<float> values)
    {
        if (values.Length != Shape.Count) throw new ShapeException($"Tensor.CopyTo: shape {Shape} has {Shape.Count} elements, the span {values.Length}.");
        Device.Download(Range, values);
    }

    /// <inheritdoc cref="CopyTo(Span{float})"/>
    public void CopyTo(Span<double> values)
    {
        if (values.Length != Shape.Count) throw new ShapeException($"Tensor.CopyTo: shape {Shape} has {Shape.Count} elements, the span {values.Length}.");
        Device.Download(Range, values);
    }

    /// <summary>Waits for the device and reads the elements.</summary>
    public float[] ToArray()
    {
        var result = new float[Shape.Count];
        CopyTo(result);
        return result;
    }

    /// <summary>The same in double precision: all digits of a tensor on the reference device.</summary>
    public double[] ToDoubles()
    {
        var result = new double[Shape.Count];
        CopyTo(result);
        return result;
    }

    /// <summary>Waits for the device and reads the only element.</summary>
    /// <exception cref="ShapeException">There are more or fewer.</exception>
    public double Item()
    {
        if (Shape.Count != 1) throw new ShapeException($"Tensor.Item: needs 1 element, found shape {Shape}.");
        double value = 0;
        Device.Download(Range, new Span<double>(ref value));
        return value;
    }

    /// <summary>
    /// A new handle on the same memory that is a leaf: a backward pass adds the gradient with respect to it to its <see cref="Grad"/>, whatever is frozen, and goes no further: what this tensor was made of gets none
    /// through it. The gradient lives until <see cref="ClearGrad"/>, or as long as the handle, which its scope disposes.
    /// </summary>
    public Tensor AsLeaf() => Share(Range, Shape, Unit, isLeaf: true);

    /// <summary>A new handle on the same memory that no gradient passes: what this tensor was made of gets none through it. Nothing is copied, and what is made of it alone is not recorded.</summary>
    public Tensor StopGradient() => Share(Range, Shape, Unit, isLeaf: false);

    /// <summary>Drops a leaf's gradient: its memory goes back.</summary>
    /// <exception cref="InvalidOperationException">This is no leaf.</exception>
    public void ClearGrad() => RequireLeaf().ClearGrad();

    /// <summary>
    /// Computes the gradients of this scalar with respect to every trainable parameter it depends on and adds them to <see cref="Parameter.Grad"/>. Uses the graph up.
    /// </summary>
    /// <exception cref="NothingToTrainException">No trainable parameter took part.</exception>
    public void Backward() => Backward(null, ParameterSink.Instance);

    /// <summary>The same with an output gradient of this tensor's shape (null: one) and a sink of the caller's.</summary>
    public void Backward(Tensor? outputGradient, IGradientSink sink) => BackwardPass.Run(this, outputGradient, sink);

    /// <summary>For example <c>Tensor (128, 10) on cpu</c>.</summary>
    public override string ToString() => $"Tensor {Shape} on {Device.Name}";

    /// <summary>A new handle on (a part of) the same memory that is no part of the graph.</summary>
    internal Tensor Alias(Shape shape, int offset = 0) => Share(Range.Slice(offset, shape.Count), shape, Unit, isLeaf: false);

    /// <summary>A new handle on memory that others hold too, cut from what made it.</summary>
    internal static Tensor Share(TensorRange range, Shape shape, int unit, bool isLeaf)
    {
        range.Storage.AddReference();
        return new Tensor(range, shape) { Unit = unit, Leaf = isLeaf ? new Parameter("leaf", shape) { IsInput = true } : null };
    }

    /// <summary>Says whose work made it.</summary>
    internal Tensor Of(int unit)
    {
        Unit = unit;
        return this;
    }

    internal void Attach(Node node)
    {
        node.AddReference();
        Node = node;
    }

    private protected override void Released()
    {
        Node?.Release();
        Node = null;
        if (Leaf is not { IsInput: true } leaf) return;
        leaf.IsGone = true;
        leaf.ClearGrad();
    }

    private Parameter RequireLeaf() => Leaf ?? throw new InvalidOperationException($"{this} is no leaf, so no gradient is kept for it: make it one with AsLeaf().");
}
