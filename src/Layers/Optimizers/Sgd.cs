using System.Globalization;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// Stochastic gradient descent as PyTorch defines it: g' = g + decay·w; v ← momentum·v + g'; w ← w − rate·(Nesterov ? g' + momentum·v : v).
/// </summary>
public sealed class Sgd : Optimizer
{
    private readonly float momentum;
    private readonly bool nesterov;
    private SgdTarget[] targets = [];

    /// <summary>SGD over a model's parameters.</summary>
    public Sgd(ModuleBase model, Schedule schedule, float momentum = 0, float weightDecay = 0, bool nesterov = false, params ReadOnlySpan<ParameterGroup> groups)
        : base(model, schedule, weightDecay, groups)
    {
        CheckUnit(momentum, nameof(momentum));
        if (nesterov && momentum == 0) throw new ArgumentException("Sgd: Nesterov's form needs a momentum above 0.");
        this.momentum = momentum;
        this.nesterov = nesterov;
    }

    /// <inheritdoc/>
    public override string Key => string.Create(CultureInfo.InvariantCulture, $"sgd:momentum={momentum},nesterov={(nesterov ? 1 : 0)}");

    /// <inheritdoc/>
    public override double StepGain => 1 / (1 - (double)momentum);

    /// <inheritdoc/>
    public override double StepMemory => momentum;

    /// <inheritdoc/>
    protected override int StateTensors => momentum == 0 ? 0 : 1;

    /// <inheritdoc/>
    protected override void Update(Device device, TensorRange weight, TensorRange gradient, Tensor[] state, float rate, float weightDecay, int step, TensorRange guard)
    {
        ArgumentNullException.ThrowIfNull(device);
        device.Sgd(StepOf(rate, weightDecay), weight, gradient, Velocity(state), guard);
    }

    /// <inheritdoc/>
    protected override void Update(Device device, ReadOnlySpan<ParameterUpdate> updates, TensorRange guard)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (targets.Length < updates.Length) targets = new SgdTarget[updates.Length];
        for (int i = 0; i < updates.Length; i++)
        {
            ParameterUpdate update = updates[i];
            targets[i] = new SgdTarget(StepOf(update.Rate, update.WeightDecay), update.Weight, update.Gradient, Velocity(update.State), update.Parameter.Unit) { Number = update.Number };
        }
        device.Sgd(targets.AsSpan(0, updates.Length), guard);
    }

    private static TensorRange? Velocity(Tensor[] state) => state.Length == 0 ? null : state[0].Range;

    private SgdStep StepOf(float rate, float weightDecay) => new(rate, momentum, nesterov, weightDecay);
}
