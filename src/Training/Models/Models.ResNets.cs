using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

// Residual networks for photographs, with torchvision's names.
public static partial class Models
{
    private const int Photograph = 224, ImageNetClasses = 1000;

    /// <summary>
    /// torchvision's ResNet: 7×7 convolution of stride 2, batch norm, ReLU, 3×3 max pooling of stride 2 (unit <c>stem</c>), four stages of blocks (units <c>layer1.0</c>, <c>layer1.1</c>, …), global average pooling and a linear
    /// layer (unit <c>fc</c>). Paths are torchvision's names, but that the first convolution and its norm stand under <c>stem</c>, and that norms have our names: see <see cref="TorchvisionResNet"/>. Any size of image will do;
    /// one of 28×28 has a single pixel in the last stage.
    /// </summary>
    /// <param name="image">The shape of a sample (height, width, channels).</param>
    /// <param name="classes">Outputs.</param>
    /// <param name="design">How many blocks of which kind.</param>
    /// <exception cref="ShapeException">The sample is no image.</exception>
    public static Sequential ResNet(Shape image, int classes, ResNetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        if (design.Blocks.Count != ResNetDesign.Stages || design.Blocks.Any(count => count is < 1 or > ResNetDesign.MostBlocks)) throw new ArgumentException($"resnet: expected {ResNetDesign.Stages} stages of 1 to {ResNetDesign.MostBlocks} blocks, found {design.BlocksText}.", nameof(design));
        if (image.Rank != 3 || image.Count == 0) throw new ShapeException($"resnet: needs images (height, width, channels), found a sample of shape {image}.");
        int width = design.Width, inputs = width;
        var modules = new List<(string, Module)>
        {
            ("stem", new Sequential(
                ("conv1", ResNetConvolutions.Of(image[2], width, 7, stride: 2)),
                ("bn1", new BatchNorm(width, activation: Activation.Relu)),
                ("maxpool", new MaxPool2d(3, 2, 1)))),
        };
        for (int stage = 0; stage < ResNetDesign.Stages; stage++)
        {
            var blocks = new (string, Module)[design.Blocks[stage]];
            for (int i = 0; i < blocks.Length; i++)
            {
                int stride = stage > 0 && i == 0 ? 2 : 1, inner = width << stage;
                blocks[i] = ($"{i}", design.IsBottleneck ? new ResNetBottleneck(inputs, inner, stride) : new ResNetBasicBlock(inputs, inner, stride));
                inputs = design.IsBottleneck ? inner * ResNetBottleneck.Expansion : inner;
            }
            modules.Add(($"layer{stage + 1}", new Sequential(blocks)));
        }
        modules.Add(("avgpool", new GlobalAveragePool()));
        // torchvision's bias is drawn like the weights; ours starts at zero, as everywhere.
        modules.Add(("fc", new Linear(inputs, classes, initializer: Initializers.KaimingUniform(Math.Sqrt(1.0 / 3)))));
        return new Sequential([.. modules]);
    }

    private static void AddResNets(Catalogue<ModelSpec> models)
    {
        foreach ((string name, string kind) in (ReadOnlySpan<(string, string)>)[("resnet18", "basic blocks"), ("resnet34", "basic blocks"), ("resnet50", "bottlenecks")])
        {
            ResNetDesign design = ResNetDesign.Of(name)!;
            models.Add(name, $"{name}[:FOLDER|FILE,blocks={design.BlocksText}]", $"Residual network for photographs, torchvision's names, {kind} (He et al. 2016).", spec => ResNet(spec, design));
        }
    }

    private static ModelSpec ResNet(Spec spec, ResNetDesign design)
    {
        string? given = spec.Given("blocks");
        if (given is not null)
        {
            int[] blocks = ResNetDesign.Read(given) ?? throw new ArgumentException($"'{spec}': blocks must be {ResNetDesign.Stages} whole numbers from 1 to {ResNetDesign.MostBlocks}, one a stage, as in {design.BlocksText}, found '{given}'.");
            design = design with { Blocks = blocks };
        }
        if (Folder(spec) is not { } path) return new ModelSpec((sample, classes) => ResNet(sample, classes, design), [Photograph, Photograph, 3], ImageNetClasses) { Recipe = Recipe.DeepResNet };
        // A run has kept how many blocks there are, and has the weights itself.
        if (spec.Kept is { } kept && ResNetDesign.Read(kept) is { } before) return new ModelSpec((sample, classes) => ResNet(sample, classes, design with { Blocks = before }), [Photograph, Photograph, 3], ImageNetClasses) { Recipe = Recipe.FineTuning };
        TorchvisionResNet there = TorchvisionResNet.Open(path);
        there.Check(spec.Text, spec.Name, design, isGiven: given is not null);
        return new ModelSpec(there.Build, [Photograph, Photograph, there.Channels], ImageNetClasses) { Recipe = Recipe.FineTuning, Origin = there.Describe, Kept = there.Design.BlocksText };
    }
}
