using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a statistic may see of one unit in one step.</summary>
public sealed class StepView : IDisposable
{
    private readonly Optimizer optimizer;
    private readonly Dictionary<(Parameter? Parameter, string Name), Tensor> states = [];

    internal StepView(FreezeUnit unit, Optimizer optimizer)
    {
        Unit = unit;
        this.optimizer = optimizer;
    }

    /// <summary>The unit.</summary>
    public FreezeUnit Unit { get; }

    /// <summary>The unit's parameters.</summary>
    public IReadOnlyList<Parameter> Parameters => Unit.Parameters;

    /// <summary>The device.</summary>
    public Device Device => Unit.Parameters[0].Value.Device;

    /// <summary>The schedule's rate for the step.</summary>
    public float LearningRate => optimizer.LearningRate;

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
