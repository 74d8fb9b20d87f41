using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a statistic may see of one unit in one step.</summary>
public sealed class StepView : IDisposable
{
    private const string Snapshot = "weight-snapshot";

    private readonly Optimizer optimizer;
    private readonly NormQueue norms;
    private readonly Dictionary<(Parameter? Parameter, string Name), Tensor> states = [];

    internal StepView(FreezeUnit unit, Optimizer optimizer, NormQueue norms)
    {
        Unit = unit;
        this.optimizer = optimizer;
        this.norms = norms;
    }

    /// <summary>The unit.</summary>
    public FreezeUnit Unit { get; }

    /// <summary>The unit's parameters.</summary>
    public IReadOnlyList<Parameter> Parameters => Unit.Parameters;

    /// <summary>The device.</summary>
    public Device Device => Unit.Parameters[0].Value.Device;

    /// <summary>The schedule's rate for the step.</summary>
    public float LearningRate => optimizer.LearningRate;

    /// <summary>The unit's output on the probe batch, samples first; for a statistic that reads <see cref="Reads.Output"/>, at a check.</summary>
    public Tensor Output => ProbeOutput ?? throw NotRead(Reads.Output);

    /// <summary>The same of the reference model; for a statistic that reads <see cref="Reads.ReferenceModel"/>.</summary>
    public Tensor ReferenceOutput => ProbeReference ?? throw NotRead(Reads.ReferenceModel);

    internal Tensor? ProbeOutput { get; set; }

    internal Tensor? ProbeReference { get; set; }

    internal TrialStep? Trial { get; set; }

    /// <summary>A parameter's value at the last check (before its first update, if there was none); for a statistic that reads <see cref="Reads.WeightDelta"/>.</summary>
    public Tensor Previous(Parameter parameter) => HasState(parameter, Snapshot) ? State(parameter, Snapshot) : throw NotRead(Reads.WeightDelta);

    /// <summary>A new tensor: a parameter's change since the last check; for a statistic that reads <see cref="Reads.WeightDelta"/>.</summary>
    public Tensor Change(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return parameter.Value - Previous(parameter);
    }

    /// <summary>What a trial step changed a parameter by; for a statistic that reads <see cref="Reads.TrialStep"/>.</summary>
    public Tensor TrialChange(Parameter parameter) => (Trial ?? throw NotRead(Reads.TrialStep)).Change(parameter);

    /// <summary>A parameter's gradient after a trial step; for a statistic that reads <see cref="Reads.TrialStep"/>.</summary>
    public Tensor TrialGradient(Parameter parameter) => (Trial ?? throw NotRead(Reads.TrialStep)).Gradient(parameter);

    /// <summary>The optimizer's tensors for a parameter: momentum; Adam's two moments; none before its first update.</summary>
    public IReadOnlyList<Tensor> OptimizerState(Parameter parameter) => optimizer.StateOf(parameter);

    /// <summary>Σg² of a parameter's gradient in this step, before clipping: one element on the device, measured by the optimizer anyway.</summary>
    public TensorRange GradientSquare(Parameter parameter) => optimizer.SquareOf(parameter);

    /// <summary>A tensor of the parameter's shape that outlives the step, zero at first.</summary>
    public Tensor State(Parameter parameter, string name)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return State(parameter, name, parameter.Shape);
    }

    /// <summary>A tensor of the unit that outlives the step, zero at first.</summary>
    public Tensor State(string name, Shape shape) => State(null, name, shape);

    /// <summary>Whether a state exists already.</summary>
    public bool HasState(Parameter? parameter, string name) => states.ContainsKey((parameter, name));

    /// <summary>Releases the states.</summary>
    public void Dispose()
    {
        foreach (Tensor state in states.Values) state.Dispose();
        states.Clear();
    }

    /// <summary>
    /// sum ← beta · sum + the norm of x, or its distance to y. Done after all units have been asked, together with theirs: x, y and what was added to the sum so far must stay until then.
    /// </summary>
    internal void AddNorm(NormKind kind, TensorRange x, TensorRange y, TensorRange sum, float beta) => norms.Add(kind, x, y, sum, beta, Unit.Index + 1);

    /// <summary>Remembers the weights, for <see cref="Previous"/>.</summary>
    internal void Remember()
    {
        foreach (Parameter parameter in Parameters) Device.Copy(parameter.Value.Range, State(parameter, Snapshot).Range);
    }

    /// <summary>Whether the weights were remembered.</summary>
    internal bool Remembers => HasState(Parameters[0], Snapshot);

    /// <summary>Bytes of all states on the device.</summary>
    internal long StateBytes => states.Values.Sum(state => state.Range.Storage.Bytes);

    internal void Save(StateTree tree)
    {
        foreach (((Parameter? parameter, string name), Tensor state) in states) tree.Set($"{name}/{IndexOf(parameter)}", state);
    }

    internal void Load(StateTree tree)
    {
        Dispose();
        foreach (string key in tree.Names)
        {
            int slash = key.LastIndexOf('/');
            int index = int.Parse(key[(slash + 1)..], System.Globalization.CultureInfo.InvariantCulture);
            Parameter? parameter = index < 0 ? null : Parameters[index];
            tree.Read(key, State(parameter, key[..slash], tree.Entry(key).Shape));
        }
    }

    private InvalidOperationException NotRead(Reads what) => new($"Statistics of '{Unit.Path}': {what} is not there; the statistic must name it in its Reads, and it is there at checks only.");

    private int IndexOf(Parameter? parameter)
    {
        for (int i = 0; i < Parameters.Count; i++)
        {
            if (ReferenceEquals(Parameters[i], parameter)) return i;
        }
        return -1;
    }

    private Tensor State(Parameter? parameter, string name, Shape shape)
    {
        if (states.TryGetValue((parameter, name), out Tensor? state)) return state;
        state = Tensor.Empty(Device, shape, MemoryKind.Statistic);
        Device.Fill(state.Range, 0);
        states.Add((parameter, name), state);
        return state;
    }
}
