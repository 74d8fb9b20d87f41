using System.Globalization;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// RMSprop (Tieleman and Hinton 2012) as PyTorch has it: g' = g + decay·w; q ← alpha·q + (1 − alpha)·g'²; d = g' / (√q + epsilon); with momentum v ← momentum·v + d and w ← w − rate·v, without w ← w − rate·d.
/// Means are not centred, and q has no bias correction.
/// </summary>
public sealed class RmsProp : Optimizer
{
    private readonly float alpha;
    private readonly float epsilon;
    private readonly float momentum;
    private RmsPropTarget[] targets = [];

    /// <summary>RMSprop over a model's parameters.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Alpha or the momentum is not in [0, 1), epsilon not positive, or the decay negative.</exception>
    public RmsProp(ModuleBase model, Schedule schedule, float alpha = 0.99f, float epsilon = 1e-8f, float momentum = 0, float weightDecay = 0, params ReadOnlySpan<ParameterGroup> groups)
        : base(model, schedule, weightDecay, groups)
    {
        CheckUnit(alpha, nameof(alpha));
        CheckUnit(momentum, nameof(momentum));
        CheckPositive(epsilon, nameof(epsilon));
        (this.alpha, this.epsilon, this.momentum) = (alpha, epsilon, momentum);
    }

    /// <inheritdoc/>
    public override string Key => string.Create(CultureInfo.InvariantCulture, $"rmsprop:alpha={alpha},epsilon={epsilon},momentum={momentum}");

    /// <inheritdoc/>
    public override double StepGain => 1 / (1 - (double)momentum);

    /// <inheritdoc/>
    public override double StepMemory => momentum;

    /// <inheritdoc/>
    public override Tensor? Divisor(Parameter parameter)
    {
        IReadOnlyList<Tensor> state = StateOf(parameter);
        if (state.Count == 0) return null;
        using Tensor root = state[0].Sqrt();
        return root + epsilon;
    }

    /// <inheritdoc/>
    protected override int StateTensors => momentum == 0 ? 1 : 2;

    /// <inheritdoc/>
    protected override void Update(Device device, TensorRange weight, TensorRange gradient, Tensor[] state, float rate, float weightDecay, int step, TensorRange guard)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(state);
        device.RmsProp(StepOf(rate, weightDecay), weight, gradient, state[0].Range, Velocity(state), guard);
    }

    /// <inheritdoc/>
    protected override void Update(Device device, ReadOnlySpan<ParameterUpdate> updates, TensorRange guard)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (targets.Length < updates.Length) targets = new RmsPropTarget[updates.Length];
        for (int i = 0; i < updates.Length; i++)
        {
            ParameterUpdate update = updates[i];
            targets[i] = new RmsPropTarget(
                StepOf(update.Rate, update.WeightDecay), update.Weight, update.Gradient, update.State[0].Range, Velocity(update.State), update.Parameter.Unit)
            { Number = update.Number };
        }
        device.RmsProp(targets.AsSpan(0, updates.Length), guard);
    }

    private static TensorRange? Velocity(Tensor[] state) => state.Length == 1 ? null : state[1].Range;

    private RmsPropStep StepOf(float rate, float weightDecay) => new(rate, alpha, epsilon, momentum, weightDecay);
}
