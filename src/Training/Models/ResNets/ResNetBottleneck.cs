using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// torchvision's <c>Bottleneck</c> under its names: 1×1, 3×3 with the stride ("v1.5"; He et al. have it in the first), 1×1 to four times the width, and x, through <c>downsample</c> where size or width change. Residual and
/// activations are part of the norms' passes.
/// </summary>
internal sealed class ResNetBottleneck : Module, IResidualBranch
{
    public const int Expansion = 4;

    private readonly Conv2d conv1, conv2, conv3;
    private readonly BatchNorm bn1, bn2, bn3;
    private readonly Sequential? downsample;

    public ResNetBottleneck(int inputs, int width, int stride)
    {
        int outputs = width * Expansion;
        conv1 = Register(nameof(conv1), ResNetConvolutions.Of(inputs, width, 1));
        bn1 = Register(nameof(bn1), new BatchNorm(width, activation: Activation.Relu));
        conv2 = Register(nameof(conv2), ResNetConvolutions.Of(width, width, 3, stride));
        bn2 = Register(nameof(bn2), new BatchNorm(width, activation: Activation.Relu));
        conv3 = Register(nameof(conv3), ResNetConvolutions.Of(width, outputs, 1));
        bn3 = Register(nameof(bn3), new BatchNorm(outputs, activation: Activation.Relu));
        if (ResNetConvolutions.Downsample(inputs, outputs, stride) is { } around) downsample = Register(nameof(downsample), around);
    }

    public bool IsCut { get; set; }

    public override Tensor Forward(Tensor input)
    {
        using BranchInput branch = BranchInput.Of(input, IsCut);
        using Tensor a = conv1.Forward(branch.Tensor), b = bn1.Forward(a), c = conv2.Forward(b), d = bn2.Forward(c), e = conv3.Forward(d);
        using Tensor? shortcut = downsample?.Forward(input);
        return bn3.Forward(e, shortcut ?? input);
    }

    public override string ToString() => $"ResNetBottleneck({conv1.Weight.Shape[3]} → {conv3.Weight.Shape[0]}{(downsample is null ? "" : ", downsample")})";
}
