using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>torchvision's <c>BasicBlock</c> under its names: y = relu(bn2(conv2(relu(bn1(conv1 x)))) + x), x through <c>downsample</c> where size or width change. Residual and activations are part of the norms' passes.</summary>
internal sealed class ResNetBasicBlock : Module, IResidualBranch
{
    private readonly Conv2d conv1, conv2;
    private readonly BatchNorm bn1, bn2;
    private readonly Sequential? downsample;

    public ResNetBasicBlock(int inputs, int width, int stride)
    {
        conv1 = Register(nameof(conv1), ResNetConvolutions.Of(inputs, width, 3, stride));
        bn1 = Register(nameof(bn1), new BatchNorm(width, activation: Activation.Relu));
        conv2 = Register(nameof(conv2), ResNetConvolutions.Of(width, width, 3));
        bn2 = Register(nameof(bn2), new BatchNorm(width, activation: Activation.Relu));
        if (ResNetConvolutions.Downsample(inputs, width, stride) is { } around) downsample = Register(nameof(downsample), around);
    }

    public bool IsCut { get; set; }

    public override Tensor Forward(Tensor input)
    {
        using BranchInput branch = BranchInput.Of(input, IsCut);
        using Tensor a = conv1.Forward(branch.Tensor), b = bn1.Forward(a), c = conv2.Forward(b);
        using Tensor? shortcut = downsample?.Forward(input);
        return bn2.Forward(c, shortcut ?? input);
    }

    public override string ToString() => $"ResNetBasicBlock({conv1.Weight.Shape[3]} → {conv2.Weight.Shape[0]}{(downsample is null ? "" : ", downsample")})";
}
