using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>y = activation(x ∗ W + b) for images (n, height, width, in): weight (out, kh, kw, in / groups), bias (out). As many groups as channels make it depthwise.</summary>
public sealed class Conv2d : Module
{
    private readonly Conv2dFunction function;
    private readonly string description;

    /// <summary>A convolution. Weights start as <see cref="Initializers.For"/> the activation says, the bias at zero.</summary>
    /// <param name="inputs">Channels of the images.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="kernel">The window.</param>
    /// <param name="stride">Pixels from one output to the next; null: 1.</param>
    /// <param name="padding">Pixels of zeros around the images: a number, each edge its own, or <see cref="Padding2.Same"/>; null: 0.</param>
    /// <param name="dilation">Pixels from one kernel element to the next; null: 1.</param>
    /// <param name="groups">Groups of channels that do not see one another.</param>
    /// <param name="bias">Whether there is a bias; a normalisation that follows has its own.</param>
    /// <param name="activation">Applied to the result.</param>
    /// <param name="initializer">The weights' start.</param>
    public Conv2d(
        int inputs, int outputs, Size2 kernel, Size2? stride = null, Padding2? padding = null, Size2? dilation = null, int groups = 1, bool bias = true,
        Activation activation = Activation.None, Initializer? initializer = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        if (groups < 1 || inputs % groups != 0 || outputs % groups != 0)
            throw new ArgumentException($"Conv2d: {groups} groups must divide {inputs} inputs and {outputs} outputs.", nameof(groups));
        // A module that can never run is found here: the least image this kernel takes has its own size.
        Size2 d = dilation ?? 1;
        _ = Conv2dShape.Of(
            [1, (d.Height * (kernel.Height - 1)) + 1, (d.Width * (kernel.Width - 1)) + 1, inputs], [outputs, kernel.Height, kernel.Width, inputs / groups], stride ?? 1, padding ?? 0, d, groups);
        function = new Conv2dFunction(stride ?? 1, padding ?? 0, d, groups, activation);
        Weight = Register(nameof(Weight), [outputs, kernel.Height, kernel.Width, inputs / groups], initializer ?? Initializers.For(activation));
        if (bias) Bias = Register(nameof(Bias), [outputs], Initializers.Zeros);
        string details = (stride is { } s && s != 1 ? $", stride {s}" : "") + (groups > 1 ? $", {groups} groups" : "") + (activation == Activation.None ? "" : $", {activation.ToString().ToLowerInvariant()}");
        description = $"Conv2d({inputs} → {outputs}, {kernel}{details})";
    }

    /// <summary>The weight (out, kh, kw, in / groups).</summary>
    public Parameter Weight { get; }

    /// <summary>The bias (out), if there is one.</summary>
    public Parameter? Bias { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Bias is null ? function.Apply([input, Weight.Value]) : function.Apply([input, Weight.Value, Bias.Value]);
    }

    /// <summary>For example <c>Conv2d(16 → 32, 3, stride 2, relu)</c>.</summary>
    public override string ToString() => description;
}
