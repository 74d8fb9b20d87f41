using System.Globalization;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// Lion (Chen et al. 2023): w ← w − rate·(sign(beta1·m + (1 − beta1)·g) + decay·w), then m ← beta2·m + (1 − beta2)·g. Every weight moves by the rate, whatever its gradient, so the rate is 3 to 10 times smaller than AdamW's and the
/// decay as many times larger. It keeps one tensor a parameter, as SGD with momentum does.
/// </summary>
public sealed class Lion : Optimizer
{
    private readonly float beta1;
    private readonly float beta2;
    private LionTarget[] targets = [];

    /// <summary>Lion over a model's parameters.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A beta is not in [0, 1), or the decay negative.</exception>
    public Lion(ModuleBase model, Schedule schedule, float beta1 = 0.9f, float beta2 = 0.99f, float weightDecay = 0, params ReadOnlySpan<ParameterGroup> groups)
        : base(model, schedule, weightDecay, groups)
    {
        CheckUnit(beta1, nameof(beta1));
        CheckUnit(beta2, nameof(beta2));
        (this.beta1, this.beta2) = (beta1, beta2);
    }

    /// <inheritdoc/>
    public override string Key => string.Create(CultureInfo.InvariantCulture, $"lion:beta1={beta1},beta2={beta2}");

    /// <summary>
    /// √(π/2) times the noise of what the sign is taken of: under Gaussian noise a sign follows a small mean gradient by so much less. The noise is taken from the root mean square r of the parameter's last gradient:
    /// r · √((1 − beta1)² + beta1² · (1 − beta2) / (1 + beta2)).
    /// </summary>
    public override Tensor? Divisor(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        using Tensor square = Tensor.Empty(parameter.Value.Device, [1], MemoryKind.Statistic);
        square.Device.Copy(SquareOf(parameter), square.Range);
        double part = Math.Pow(1 - beta1, 2) + (Math.Pow(beta1, 2) * (1 - beta2) / (1 + beta2));
        using Tensor mean = square * (float)(part * Math.PI / 2 / parameter.Shape.Count);
        return mean.Sqrt();
    }

    /// <inheritdoc/>
    protected override int StateTensors => 1;

    /// <inheritdoc/>
    protected override void Update(Device device, TensorRange weight, TensorRange gradient, Tensor[] state, float rate, float weightDecay, int step, TensorRange guard)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(state);
        device.Lion(StepOf(rate, weightDecay), weight, gradient, state[0].Range, guard);
    }

    /// <inheritdoc/>
    protected override void Update(Device device, ReadOnlySpan<ParameterUpdate> updates, TensorRange guard)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (targets.Length < updates.Length) targets = new LionTarget[updates.Length];
        for (int i = 0; i < updates.Length; i++)
        {
            ParameterUpdate update = updates[i];
            targets[i] = new LionTarget(StepOf(update.Rate, update.WeightDecay), update.Weight, update.Gradient, update.State[0].Range, update.Parameter.Unit) { Number = update.Number };
        }
        device.Lion(targets.AsSpan(0, updates.Length), guard);
    }

    private LionStep StepOf(float rate, float weightDecay) => new(rate, beta1, beta2, weightDecay);
}
