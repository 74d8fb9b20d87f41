using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>The transposed convolution of images (n, height, width, in): weight (in, kh, kw, out / groups), bias (out); see <see cref="Tensor.ConvTranspose2d"/>. Kernel 4, stride 2, padding 1 doubles height and width.</summary>
public sealed class ConvTranspose2d : Module
{
    private readonly Size2 stride, outputPadding, dilation;
    private readonly Padding2 padding;
    private readonly int groups;
    private readonly string description;

    /// <summary>A transposed convolution. Weights start uniform within ±√(1 / (out / groups · kernel)), as in PyTorch, the bias at zero.</summary>
    /// <param name="inputs">Channels of the images.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="kernel">The window.</param>
    /// <param name="stride">Pixels from one input to the next in the result; null: 1.</param>
    /// <param name="padding">What is taken off each edge of the result; null: 0.</param>
    /// <param name="outputPadding">Rows and columns more, below and on the right; null: 0.</param>
    /// <param name="dilation">Pixels from one kernel element to the next; null: 1.</param>
    /// <param name="groups">Groups of channels that do not see one another.</param>
    /// <param name="bias">Whether there is a bias.</param>
    /// <param name="initializer">The weights' start.</param>
    public ConvTranspose2d(
        int inputs, int outputs, Size2 kernel, Size2? stride = null, Padding2? padding = null, Size2? outputPadding = null, Size2? dilation = null, int groups = 1, bool bias = true,
        Initializer? initializer = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        if (groups < 1 || inputs % groups != 0 || outputs % groups != 0)
            throw new ArgumentException($"ConvTranspose2d: {groups} groups must divide {inputs} inputs and {outputs} outputs.", nameof(groups));
        (this.stride, this.padding, this.outputPadding, this.dilation, this.groups) = (stride ?? 1, padding ?? 0, outputPadding ?? 0, dilation ?? 1, groups);
        Weight = Register(nameof(Weight), [inputs, kernel.Height, kernel.Width, outputs / groups], initializer ?? Initializers.KaimingUniform(Math.Sqrt(1.0 / 3)));
        if (bias) Bias = Register(nameof(Bias), [outputs], Initializers.Zeros);
        description = $"ConvTranspose2d({inputs} → {outputs}, {kernel}{(this.stride != 1 ? $", stride {stride}" : "")}{(groups > 1 ? $", {groups} groups" : "")})";
    }

    /// <summary>The weight (in, kh, kw, out / groups).</summary>
    public Parameter Weight { get; }

    /// <summary>The bias (out), if there is one.</summary>
    public Parameter? Bias { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return input.ConvTranspose2d(Weight.Value, Bias?.Value, stride, padding, outputPadding, dilation, groups);
    }

    /// <summary>For example <c>ConvTranspose2d(16 → 8, 4, stride 2)</c>.</summary>
    public override string ToString() => description;
}
