using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// The residual block of He et al. (2016) with two 3×3 convolutions: y = relu(norm2(conv2(relu(norm1(conv1 x)))) + shortcut), where the shortcut is x, or a strided 1×1 convolution with batch norm where the
/// size or the width changes. Residual and activations are part of the normalisations' passes.
/// </summary>
public sealed class BasicBlock : Module, IResidualBranch
{
    private readonly Conv2d conv1, conv2;
    private readonly BatchNorm norm1, norm2;
    private readonly Conv2d? shortcutConv;
    private readonly BatchNorm? shortcutNorm;

    /// <summary>A block from (n, height, width, inputs) to (n, ⌈height / stride⌉, ⌈width / stride⌉, outputs).</summary>
    public BasicBlock(int inputs, int outputs, int stride = 1)
    {
        Initializer start = Initializers.For(Activation.Relu);
        conv1 = Register(nameof(conv1), new Conv2d(inputs, outputs, 3, stride, padding: 1, bias: false, initializer: start));
        norm1 = Register(nameof(norm1), new BatchNorm(outputs, activation: Activation.Relu));
        conv2 = Register(nameof(conv2), new Conv2d(outputs, outputs, 3, padding: 1, bias: false, initializer: start));
        norm2 = Register(nameof(norm2), new BatchNorm(outputs, activation: Activation.Relu));
        if (stride == 1 && inputs == outputs) return;
        shortcutConv = Register(nameof(shortcutConv), new Conv2d(inputs, outputs, 1, stride, bias: false, initializer: start));
        shortcutNorm = Register(nameof(shortcutNorm), new BatchNorm(outputs));
    }

    /// <inheritdoc/>
    public bool IsCut { get; set; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        using BranchInput branch = BranchInput.Of(input, IsCut);
        using Inner a = new(conv1.Forward(branch.Tensor)), b = new(norm1.Forward(a)), c = new(conv2.Forward(b));
        if (shortcutConv is null) return norm2.Forward(c, input);
        using Inner d = new(shortcutConv.Forward(input)), shortcut = new(shortcutNorm!.Forward(d));
        return norm2.Forward(c, shortcut);
    }

    /// <summary>For example <c>BasicBlock(16 → 32, stride 2)</c>.</summary>
    public override string ToString() => $"BasicBlock({conv1.Weight.Shape[3]} → {conv1.Weight.Shape[0]}{(shortcutConv is null ? "" : $", shortcut {shortcutConv}")})";
}
