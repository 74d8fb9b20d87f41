using System.Globalization;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019): decoupled decay w ← w − rate·decay·w, then Adam with bias correction by each parameter's own step count, so a thawed parameter
/// continues where it stopped.
/// </summary>
public sealed class AdamW : Optimizer
{
    private readonly float beta1;
    private readonly float beta2;
    private readonly float epsilon;
    private readonly bool coupled;
    private AdamTarget[] targets = [];

    /// <summary>AdamW over a model's parameters; <paramref name="coupled"/>: decay as an L2 term of the gradient, as in Adam (Kingma and Ba 2015). The two refuse each other's state.</summary>
    public AdamW(
        ModuleBase model, Schedule schedule, float beta1 = 0.9f, float beta2 = 0.999f, float epsilon = 1e-8f, float weightDecay = 0.01f, bool coupled = false,
        params ReadOnlySpan<ParameterGroup> groups)
        : base(model, schedule, weightDecay, groups)
    {
        CheckUnit(beta1, nameof(beta1));
        CheckUnit(beta2, nameof(beta2));
        CheckPositive(epsilon, nameof(epsilon));
        this.beta1 = beta1;
        this.beta2 = beta2;
        this.epsilon = epsilon;
        this.coupled = coupled;
    }

    /// <inheritdoc/>
    public override string Key => string.Create(CultureInfo.InvariantCulture, $"adamw:beta1={beta1},beta2={beta2},epsilon={epsilon},coupled={(coupled ? 1 : 0)}");

    /// <inheritdoc/>
    public override double StepMemory => beta1;

    /// <inheritdoc/>
    public override Tensor? Divisor(Parameter parameter)
    {
        IReadOnlyList<Tensor> state = StateOf(parameter);
        if (state.Count == 0) return null;
        using Tensor corrected = state[1] * (float)(1 / (1 - Math.Pow(beta2, UpdatesOf(parameter)))), root = corrected.Sqrt();
        return root + epsilon;
    }

    /// <inheritdoc/>
    protected override int StateTensors => 2;

    /// <inheritdoc/>
    protected override void Update(Device device, TensorRange weight, TensorRange gradient, Tensor[] state, float rate, float weightDecay, int step, TensorRange guard)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(state);
        device.Adam(StepOf(rate, weightDecay, step), weight, gradient, state[0].Range, state[1].Range, guard);
    }

    /// <inheritdoc/>
    protected override void Update(Device device, ReadOnlySpan<ParameterUpdate> updates, TensorRange guard)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (targets.Length < updates.Length) targets = new AdamTarget[updates.Length];
        for (int i = 0; i < updates.Length; i++)
        {
            ParameterUpdate update = updates[i];
            targets[i] = new AdamTarget(
                StepOf(update.Rate, update.WeightDecay, update.Step), update.Weight, update.Gradient, update.State[0].Range, update.State[1].Range, update.Parameter.Unit)
            { Number = update.Number };
        }
        device.Adam(targets.AsSpan(0, updates.Length), guard);
    }

    private AdamStep StepOf(float rate, float weightDecay, int step) => new(rate, beta1, beta2, epsilon, weightDecay, coupled, step);
}
