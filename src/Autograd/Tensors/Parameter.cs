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

    /// <summary>Writes the value, which keeps its memory. Between steps: what was computed from the old value and waits for a backward pass would not know.</summary>
    /// <exception cref="ShapeException">Not as many values as elements.</exception>
    /// <exception cref="InvalidOperationException">The parameter has no memory yet.</exception>
    public void Set(params ReadOnlySpan<float> values)
    {
        if (values.Length != Shape.Count) throw new ShapeException($"Parameter.Set: '{Path}' {Shape} needs {Shape.Count} values, found {values.Length}.");
        Value.Device.Upload(values, Value.Range);
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
