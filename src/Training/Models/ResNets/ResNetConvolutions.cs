using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>What the blocks of torchvision's ResNets are made of.</summary>
internal static class ResNetConvolutions
{
    private static readonly Initializer Start = Initializers.KaimingNormalFanOut(Math.Sqrt(2));

    /// <summary>A convolution without a bias, whose outputs have the inputs' size over the stride.</summary>
    public static Conv2d Of(int inputs, int outputs, int kernel, int stride = 1) => new(inputs, outputs, kernel, stride, padding: kernel / 2, bias: false, initializer: Start);

    /// <summary>The way around a block that changes size or width: convolution <c>0</c> and norm <c>1</c>; null: the block changes neither.</summary>
    public static Sequential? Downsample(int inputs, int outputs, int stride) =>
        stride == 1 && inputs == outputs ? null : new Sequential(("0", Of(inputs, outputs, 1, stride)), ("1", new BatchNorm(outputs)));
}
