using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>y = activation(x ∗ W + b) for signals (n, length, in): weight (out, kernel, in / groups), bias (out); see <see cref="Tensor.Conv1d"/>.</summary>
public sealed class Conv1d : Module
{
    private readonly int stride, dilation, groups;
    private readonly int? padding;
    private readonly Activation activation;
    private readonly string description;

    /// <summary>A convolution. Weights start as <see cref="Initializers.For"/> the activation says, the bias at zero.</summary>
    /// <param name="inputs">Channels of the signals.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="kernel">Elements of the window.</param>
    /// <param name="stride">Elements from one output to the next.</param>
    /// <param name="padding">Zeros before and behind; null: as many as keep the length over the stride.</param>
    /// <param name="dilation">Elements from one of the kernel to the next.</param>
    /// <param name="groups">Groups of channels that do not see one another.</param>
    /// <param name="bias">Whether there is a bias.</param>
    /// <param name="activation">Applied to the result.</param>
    /// <param name="initializer">The weights' start.</param>
    public Conv1d(
        int inputs, int outputs, int kernel, int stride = 1, int? padding = 0, int dilation = 1, int groups = 1, bool bias = true, Activation activation = Activation.None, Initializer? initializer = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(kernel);
        if (groups < 1 || inputs % groups != 0 || outputs % groups != 0) throw new ArgumentException($"Conv1d: {groups} groups must divide {inputs} inputs and {outputs} outputs.", nameof(groups));
        (this.stride, this.padding, this.dilation, this.groups, this.activation) = (stride, padding, dilation, groups, activation);
        Weight = Register(nameof(Weight), [outputs, kernel, inputs / groups], initializer ?? Initializers.For(activation));
        if (bias) Bias = Register(nameof(Bias), [outputs], Initializers.Zeros);
        description = $"Conv1d({inputs} → {outputs}, {kernel}{(stride != 1 ? $", stride {stride}" : "")}{(groups > 1 ? $", {groups} groups" : "")}{(activation == Activation.None ? "" : $", {activation.ToString().ToLowerInvariant()}")})";
    }

    /// <summary>The weight (out, kernel, in / groups).</summary>
    public Parameter Weight { get; }

    /// <summary>The bias (out), if there is one.</summary>
    public Parameter? Bias { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return input.Conv1d(Weight.Value, Bias?.Value, stride, padding, dilation, groups, activation);
    }

    /// <summary>For example <c>Conv1d(16 → 32, 5, relu)</c>.</summary>
    public override string ToString() => description;
}
