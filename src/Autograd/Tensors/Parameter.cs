namespace ResearchFreeze.Autograd;

/// <summary>
/// A trainable value with its gradient. <see cref="IsFrozen"/> is the one flag that says whether it trains: the graph asks it when an operation is applied, the optimizer when it steps.
/// A parameter has a shape from the start and memory from <see cref="Materialize(Device)"/> on. Neither value nor gradient is ever scoped.
/// </summary>
public sealed class Parameter : IDisposable
{
    private Tensor? value;
    private UpdateMask? mask;

    /// <summary>A parameter without memory yet.</summary>
    public Parameter(string path, Shape shape)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = path;
        Shape = shape;
    }

    /// <summary>The dotted name, unique in a model: <c>head.weight</c>.</summary>
    public string Path { get; internal set; }

    /// <summary>The extents.</summary>
    public Shape Shape { get; }

    /// <summary>Whether the parameter is frozen: no gradient is computed or stored, no optimizer touches it. Changed between steps; idempotent.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>Which parts the optimizer may change; null: all. Saves no computation. Changed between steps.</summary>
    /// <exception cref="ShapeException">The mask does not fit the shape.</exception>
    public UpdateMask? UpdateMask
    {
        get => mask;
        set
        {
            float[]? values = value?.Expand(Path, Shape);
            MaskValues?.Dispose();
            mask = value;
            MaskValues = null;
            if (values is null) return;
            MaskValues = Tensor.Empty(Value.Device, Shape, MemoryKind.Optimizer);
            Value.Device.Upload(values, MaskValues.Range);
        }
    }

    /// <summary>Whether it has memory.</summary>
    public bool IsMaterialized => value is not null;

    /// <summary>What the value is kept in: <see cref="Precision.Float32"/>, which is the device's real type, or <see cref="Precision.BFloat16"/>, two bytes an element. See <see cref="Keep"/>.</summary>
    public Precision Precision => value is { Range.Storage.Kind: ElementKind.BFloat16 } ? Precision.BFloat16 : Precision.Float32;

    /// <summary>Values that were loaded before it had memory: with them it starts, and not as its module says; null: none.</summary>
    internal double[]? Start { get; set; }

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">It has none yet.</exception>
    public Tensor Value => value ?? throw new InvalidOperationException($"Parameter '{Path}' has no memory yet: call model.Initialize(device, seed) or load a state dict first.");

    /// <summary>The gradient, or null where none was computed: zero and "no gradient" are different things. The handle is the parameter's and is used again for the next gradient: to hold this one, take a handle of your own (<see cref="Tensor.StopGradient"/>).</summary>
    public Tensor? Grad => Gradient.Value;

    /// <summary>Whether this is no parameter of a model but what stands for a tensor made a leaf: see <see cref="Tensor.AsLeaf"/>.</summary>
    internal bool IsInput { get; init; }

    /// <summary>Whether a leaf's handle is gone: nobody can read its gradient.</summary>
    internal bool IsGone { get; set; }

    /// <summary>The unit whose work this parameter's operations are; 0: none. Work without parameters counts as the unit's before it.</summary>
    internal int Unit { get; set; }

    /// <summary>The mask on the device: one where an element trains, zero where it does not.</summary>
    internal Tensor? MaskValues { get; private set; }

    internal GradientSlot Gradient { get; } = new(MemoryKind.Gradient);

    /// <summary>Reads a parameter where a tensor is expected.</summary>
    public static implicit operator Tensor(Parameter parameter) => parameter.Value;

    /// <summary>Gives the parameter memory on a device, replacing what it had. Undefined until written.</summary>
    public void Materialize(Device device) => Materialize(device, MemoryKind.Parameter);

    /// <summary>Writes the value, which keeps its memory, unless it is kept in bfloat16: then it is float32 from here on. Between steps: what was computed from the old value and waits for a backward pass would not know.</summary>
    /// <exception cref="ShapeException">Not as many values as elements.</exception>
    /// <exception cref="InvalidOperationException">The parameter has no memory yet.</exception>
    public void Set(params ReadOnlySpan<float> values)
    {
        if (values.Length != Shape.Count) throw new ShapeException($"Parameter.Set: '{Path}' {Shape} needs {Shape.Count} values, found {values.Length}.");
        Keep(Precision.Float32);
        Value.Device.Upload(values, Value.Range);
    }

    /// <summary>
    /// Keeps the value in other elements, in memory of their own. In bfloat16 it is rounded to the nearest, of two the even one, and every operation computes with what that gives, bit for bit, as if it were kept in reals: it is
    /// widened for the call, and again for the backward pass. Between steps.
    /// </summary>
    /// <param name="precision"><see cref="Precision.Float32"/> or <see cref="Precision.BFloat16"/>. Back from bfloat16 the value stays what it was rounded to.</param>
    /// <exception cref="ArgumentException">It is another precision.</exception>
    /// <exception cref="InvalidOperationException">It is bfloat16, and the parameter trains: updates smaller than its digits would be lost.</exception>
    public void Keep(Precision precision)
    {
        if (precision is not (Precision.Float32 or Precision.BFloat16)) throw new ArgumentException($"Parameter.Keep: '{Path}' is kept in {string.Join(" or ", Precisions.SavedNames)}, found {Precisions.NameOf(precision)}.", nameof(precision));
        if (precision == Precision) return;
        bool packs = precision == Precision.BFloat16;
        if (packs && !IsFrozen) throw new InvalidOperationException($"Parameter.Keep: '{Path}' trains, and updates smaller than bfloat16's digits would be lost: freeze it first.");
        TensorRange from = Value.Range;
        Device device = Value.Device;
        device.Recorder?.Refuse("a weight moves to memory of other elements");
        Storage storage = device.Rent(packs ? ElementKind.BFloat16 : ElementKind.Real, Shape.Count, from.Storage.MemoryKind);
        var to = new TensorRange(storage, 0, Shape.Count);
        try
        {
            if (packs) device.ToBFloat16(from, to);
            else device.FromBFloat16(from, to);
        }
        catch
        {
            storage.Release();
            throw;
        }
        Value.Move(to);
    }

    internal void Materialize(Device device, MemoryKind use)
    {
        ArgumentNullException.ThrowIfNull(device);
        Dispose();
        var range = new TensorRange(device.Rent(ElementKind.Real, Shape.Count, use), 0, Shape.Count);
        value = new Tensor(range, Shape, scoped: false) { Leaf = this };
    }

    /// <summary>Drops the gradient: its memory goes back to the pool and <see cref="Grad"/> is null.</summary>
    public void ClearGrad() => Gradient.Clear();

    /// <summary>Releases value and gradient.</summary>
    public void Dispose()
    {
        ClearGrad();
        UpdateMask = null;
        value?.Dispose();
        value = null;
    }

    /// <summary>For example <c>head.weight (10, 256)</c>, with "frozen" where it is.</summary>
    public override string ToString() => $"{Path} {Shape}{(IsFrozen ? " frozen" : "")}";
}
