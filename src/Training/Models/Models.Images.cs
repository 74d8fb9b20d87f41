using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

// Networks for images (height, width, channels).
public static partial class Models
{
    /// <summary>
    /// Convolution 3×3, ReLU, max pooling 2×2, twice, then two linear layers: units <c>conv1</c>, <c>conv2</c>, <c>fc1</c>, <c>head</c>.
    /// </summary>
    /// <param name="image">The shape of a sample (height, width, channels), at least 4×4.</param>
    /// <param name="classes">Outputs.</param>
    /// <param name="first">Channels of the first convolution.</param>
    /// <param name="second">Channels of the second.</param>
    /// <param name="hidden">Width of the first linear layer.</param>
    /// <exception cref="ShapeException">The sample is no image, or a smaller one.</exception>
    public static Sequential Cnn(Shape image, int classes, int first = 32, int second = 64, int hidden = 128)
    {
        if (image.Rank != 3 || image[0] < 4 || image[1] < 4) throw new ShapeException($"cnn: needs images (height, width, channels) of at least 4×4, found a sample of shape {image}.");
        return new Sequential(
            ("conv1", new Conv2d(image[2], first, 3, padding: 1, activation: Activation.Relu)),
            ("pool1", new MaxPool2d(2)),
            ("conv2", new Conv2d(first, second, 3, padding: 1, activation: Activation.Relu)),
            ("pool2", new MaxPool2d(2)),
            ("flatten", new Flatten()),
            ("fc1", new Linear(image[0] / 2 / 2 * (image[1] / 2 / 2) * second, hidden, activation: Activation.Relu)),
            ("head", new Linear(hidden, classes)));
    }

    /// <summary>
    /// The residual network for small images of He et al. (2016, section 4.2): a 3×3 convolution with batch norm (unit <c>stem</c>), three stages of n <see cref="BasicBlock"/>s with widths w, 2w, 4w, the first
    /// of the second and third stage with stride 2 (units <c>block1</c> to <c>block3n</c>), global average pooling and a linear layer (unit <c>head</c>). Where a block changes its width, its shortcut is a
    /// strided 1×1 convolution with batch norm (their option B).
    /// </summary>
    /// <param name="image">The shape of a sample (height, width, channels), at least 16×16.</param>
    /// <param name="classes">Outputs.</param>
    /// <param name="depth">6n + 2 layers: 20, 32, 44, 56, 110, …</param>
    /// <param name="width">Channels of the first stage.</param>
    /// <exception cref="ShapeException">The sample is no image, or a smaller one.</exception>
    public static Sequential ResNet(Shape image, int classes, int depth = 20, int width = 16)
    {
        if (depth < 8 || (depth - 2) % 6 != 0) throw new ArgumentException($"resnet: the depth must be 6n + 2 (8, 14, 20, …), found {depth}.", nameof(depth));
        if (image.Rank != 3 || image[0] < 16 || image[1] < 16) throw new ShapeException($"resnet: needs images (height, width, channels) of at least 16×16, found a sample of shape {image}.");
        int blocks = (depth - 2) / 6, inputs = width;
        var modules = new List<(string, Module)>
        {
            ("stem", new Sequential(
                ("conv", new Conv2d(image[2], width, 3, padding: 1, bias: false, initializer: Initializers.For(Activation.Relu))),
                ("norm", new BatchNorm(width, activation: Activation.Relu)))),
        };
        for (int i = 0; i < 3 * blocks; i++)
        {
            int stage = i / blocks, outputs = width << stage;
            modules.Add(($"block{i + 1}", new BasicBlock(inputs, outputs, stage > 0 && i % blocks == 0 ? 2 : 1)));
            inputs = outputs;
        }
        modules.Add(("pool", new GlobalAveragePool()));
        modules.Add(("head", new Linear(inputs, classes)));
        return new Sequential([.. modules]);
    }

    private static ModelSpec Cnn(Spec spec)
    {
        int[] widths = spec.Integers();
        if (widths.Length is not (0 or 3)) throw new ArgumentException($"'{spec}': takes no number or three, as in cnn:32,64,128 (two convolutions and a linear layer).");
        Positive(spec, widths);
        if (widths.Length == 0) widths = [32, 64, 128];
        return new ModelSpec((sample, classes) => Models.Cnn(sample, classes, widths[0], widths[1], widths[2]), [28, 28, 1], 10);
    }

    private static ModelSpec ResNet(Spec spec)
    {
        int[] numbers = spec.Integers();
        if (numbers.Length is not (1 or 2)) throw new ArgumentException($"'{spec}': takes a depth and perhaps a width, as in resnet:20 or resnet:20,16.");
        Positive(spec, numbers);
        int depth = numbers[0], width = numbers.Length > 1 ? numbers[1] : 16;
        if (depth < 8 || (depth - 2) % 6 != 0) throw new ArgumentException($"'{spec}': the depth must be 6n + 2 (8, 14, 20, …), found {depth}.");
        if (depth > 2000 || width > 65536) throw new ArgumentException($"'{spec}': the depth is at most 2000 and the width 65536.");
        return new ModelSpec((sample, classes) => Models.ResNet(sample, classes, depth, width), [32, 32, 3], 10) { Recipe = depth < 14 ? Recipe.ResNet : Recipe.DeepResNet };
    }

    private static void Positive(Spec spec, int[] widths)
    {
        int bad = Array.FindIndex(widths, width => width <= 0);
        if (bad >= 0) throw new ArgumentException($"'{spec}': a width must be positive, found {widths[bad]}.");
    }
}
