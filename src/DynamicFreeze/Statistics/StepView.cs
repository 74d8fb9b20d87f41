using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a statistic may see of one unit in one step, and what it keeps for it. Every statistic has a view of its own: names of states are known to it alone.</summary>
public sealed class StepView
{
    private readonly Optimizer optimizer;
    private readonly NormQueue norms;
    private readonly UnitMemory memory;
    private readonly string statistic;

    internal StepView(FreezeUnit unit, Optimizer optimizer, NormQueue norms, UnitMemory memory, string statistic)
    {
        Unit = unit;
        this.optimizer = optimizer;
        this.norms = norms;
        this.memory = memory;
        this.statistic = statistic;
    }

    /// <summary>The unit.</summary>
    public FreezeUnit Unit { get; }

    /// <summary>The unit's parameters.</summary>
    public IReadOnlyList<Parameter> Parameters => Unit.Parameters;

    /// <summary>The device.</summary>
    public Device Device => Unit.Parameters[0].Value.Device;

    /// <summary>The schedule's rate for the step.</summary>
    public float LearningRate
    {
        get
        {
            Device.Recorder?.Refuse($"statistic '{statistic}' reads the rate on the host");
            return optimizer.LearningRate;
        }
    }

    /// <summary>The unit's output on the probe batch, samples first; for a statistic that reads <see cref="Reads.Output"/>, at a check.</summary>
    public Tensor Output => memory.ProbeOutput ?? throw NotRead(Reads.Output);

    /// <summary>The same of the reference model; for a statistic that reads <see cref="Reads.ReferenceModel"/>.</summary>
    public Tensor ReferenceOutput => memory.ProbeReference ?? throw NotRead(Reads.ReferenceModel);

    /// <summary>A parameter's value at the last check (before its first update, if there was none); for a statistic that reads <see cref="Reads.WeightDelta"/>.</summary>
    public Tensor Previous(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return memory.Remembers ? memory.Remembered(parameter) : throw NotRead(Reads.WeightDelta);
    }

    /// <summary>A new tensor: a parameter's change since the last check; for a statistic that reads <see cref="Reads.WeightDelta"/>.</summary>
    public Tensor Change(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return parameter.Value - Previous(parameter);
    }

    /// <summary>What a trial step changed a parameter by; for a statistic that reads <see cref="Reads.TrialStep"/>.</summary>
    public Tensor TrialChange(Parameter parameter) => (memory.Trial ?? throw NotRead(Reads.TrialStep)).Change(parameter);

    /// <summary>A parameter's gradient after a trial step; for a statistic that reads <see cref="Reads.TrialStep"/>. Null where the user keeps the parameter frozen.</summary>
    public Tensor? TrialGradient(Parameter parameter) => (memory.Trial ?? throw NotRead(Reads.TrialStep)).Gradient(parameter);

    /// <summary>What cutting the unit's branches does to the gradient on the probe batch, as <see cref="CutBias"/> has it; for a statistic that reads <see cref="Reads.CutGradient"/>, at a check.</summary>
    public ReadOnlySpan<double> CutGradient => memory.CutGradient ?? throw NotRead(Reads.CutGradient);

    /// <summary>The optimizer's tensors for a parameter: momentum; Adam's two moments; none before its first update.</summary>
    public IReadOnlyList<Tensor> OptimizerState(Parameter parameter) => optimizer.StateOf(parameter);

    /// <summary>See <see cref="Optimizer.Divisor"/>.</summary>
    public Tensor? Divisor(Parameter parameter)
    {
        Device.Recorder?.Refuse($"statistic '{statistic}' reads the count of updates on the host");
        return optimizer.Divisor(parameter);
    }

    /// <summary>Σg² of a parameter's gradient in this step, before clipping: one element on the device, measured by the optimizer anyway.</summary>
    public TensorRange GradientSquare(Parameter parameter) => optimizer.SquareOf(parameter);

    /// <summary>A tensor of the parameter's shape that outlives the step, zero at first; the statistic's own, whatever others call theirs.</summary>
    public Tensor State(Parameter parameter, string name)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return memory.State(statistic, parameter, name, parameter.Shape);
    }

    /// <summary>A tensor for the unit as a whole that outlives the step, zero at first; the statistic's own.</summary>
    public Tensor State(string name, Shape shape) => memory.State(statistic, null, name, shape);

    /// <summary>Whether a state exists already.</summary>
    public bool HasState(Parameter? parameter, string name) => memory.Has(statistic, parameter, name);

    /// <summary>
    /// sum ← beta · sum + the norm of x, or its distance to y (x itself, where the kind is no distance). Done after all units have been asked, together with theirs: a device needs fewer launches for many.
    /// x, y and what was added to the sum so far must stay until then.
    /// </summary>
    public void AddNorm(NormKind kind, TensorRange x, TensorRange y, TensorRange sum, float beta) => norms.Add(kind, x, y, sum, beta, Unit.Number);

    private InvalidOperationException NotRead(Reads what) => new($"Statistics of '{Unit.Path}': {what} is not there; the statistic must name it in its Reads, and it is there at checks only.");
}
