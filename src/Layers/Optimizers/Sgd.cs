using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// Stochastic gradient descent as PyTorch defines it: g' = g + decay·w; v ← momentum·v + g'; w ← w − rate·(Nesterov ? g' + momentum·v : v).
/// </summary>
public sealed class Sgd : Optimizer
{
    private readonly float momentum;
    private readonly bool nesterov;

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
    protected override int StateTensors => momentum == 0 ? 0 : 1;

    /// <inheritdoc/>
    protected override void Update(Device device, TensorRange weight, TensorRange gradient, Tensor[] state, float rate, float weightDecay, int step, TensorRange guard)
    {
        ArgumentNullException.ThrowIfNull(device);
        TensorRange? velocity = state.Length == 0 ? null : state[0].Range;
        device.Sgd(new SgdStep(rate, momentum, nesterov, weightDecay), weight, gradient, velocity, guard);
    }
}
