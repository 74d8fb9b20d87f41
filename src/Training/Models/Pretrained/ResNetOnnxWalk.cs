using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>Goes through a ResNet's graph from its first convolution to its pooling, and gives each tensor torchvision's name. What torchvision does not have is an error.</summary>
internal sealed class ResNetOnnxWalk
{
    private const double Epsilon = 1e-5;

    private readonly OnnxFile file;
    private readonly Dictionary<string, List<OnnxNode>> readers = new(StringComparer.Ordinal);

    public ResNetOnnxWalk(OnnxFile file)
    {
        this.file = file;
        foreach (OnnxNode node in file.Nodes)
        {
            foreach (string input in node.Inputs.Distinct())
            {
                if (!readers.TryGetValue(input, out List<OnnxNode>? of)) readers.Add(input, of = []);
                of.Add(node);
            }
        }
    }

    /// <summary>Tensors by torchvision's names, as they lie there.</summary>
    public Dictionary<string, SafetensorsEntry> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>Blocks of each stage.</summary>
    public int[] Blocks { get; } = new int[ResNetDesign.Stages];

    /// <summary>Whether blocks have three convolutions.</summary>
    public bool IsBottleneck { get; private set; }

    /// <summary>Whether something of stride 2 has a row less of padding below and on the right, where an image of even size is never read.</summary>
    public bool HasUnevenPads { get; private set; }

    /// <summary>Walks.</summary>
    /// <exception cref="FormatException">The graph is no ResNet's.</exception>
    public void Run()
    {
        OnnxNode first = file.Nodes.FirstOrDefault(node => node.Type == "Conv") ?? throw file.Bad("it has no convolution: no ResNet");
        string x = After(Normed(first, "conv1", "bn1", 7, 2), "Relu");
        OnnxNode pool = Only(x, "MaxPool");
        CheckWindow(pool, 3, 2, 1);
        x = pool.Outputs[0];
        int stage = -1;
        while (Readers(x).Any(node => node.Type == "Conv")) x = Block(x, ref stage);
        if (stage != ResNetDesign.Stages - 1) throw file.Bad($"it has {stage + 1} stages, a ResNet has {ResNetDesign.Stages}");
        OnnxNode last = Readers(x) is [OnnxNode one] ? one : throw file.Bad($"'{x}' is read by {Readers(x).Count} nodes, expected a mean over the pixels");
        if (last.Type is not ("GlobalAveragePool" or "AveragePool" or "ReduceMean")) throw file.Bad($"behind the blocks is a {last.Type}, expected a mean over the pixels");
        x = last.Outputs[0];
        while (Readers(x) is [{ Type: "Flatten" or "Reshape" or "Squeeze" } flat]) x = flat.Outputs[0];
        if (Readers(x) is [{ Type: "Gemm" } head]) AddHead(head);
    }

    private string Block(string x, ref int stage)
    {
        OnnxNode[] convolutions = [.. Readers(x).Where(node => node.Type == "Conv")];
        // The way around goes from its norm to the sum, the other one through a ReLU first.
        OnnxNode? around = Array.Find(convolutions, node => IsAround(node)), main = Array.Find(convolutions, node => !IsAround(node));
        if (main is null || convolutions.Length > 2 || (convolutions.Length == 2 && around is null)) throw file.Bad($"'{x}' has {convolutions.Length} convolutions behind it that make no block");
        if (stage < 0 || around is not null) stage++;
        if (stage >= ResNetDesign.Stages) throw file.Bad($"it has more than {ResNetDesign.Stages} stages");
        string block = $"layer{stage + 1}.{Blocks[stage]}";
        int stride = stage > 0 && Blocks[stage] == 0 ? 2 : 1, last = 2;
        if (Blocks.Sum() == 0) IsBottleneck = Shape(main)[2] == 1;
        string y;
        if (IsBottleneck)
        {
            y = After(Normed(main, $"{block}.conv1", $"{block}.bn1", 1, 1), "Relu");
            y = After(Normed(Only(y, "Conv"), $"{block}.conv2", $"{block}.bn2", 3, stride), "Relu");
            y = Normed(Only(y, "Conv"), $"{block}.conv3", $"{block}.bn3", 1, 1);
            last = 3;
        }
        else
        {
            y = After(Normed(main, $"{block}.conv1", $"{block}.bn1", 3, stride), "Relu");
            y = Normed(Only(y, "Conv"), $"{block}.conv2", $"{block}.bn2", 3, 1);
        }
        string skip = around is null ? x : Normed(around, $"{block}.downsample.0", $"{block}.downsample.1", 1, stride);
        OnnxNode sum = Only(y, "Add");
        if (!sum.Inputs.Contains(skip)) throw file.Bad($"the sum behind '{block}.bn{last}' does not add the block's input or its way around");
        Blocks[stage]++;
        return After(sum.Outputs[0], "Relu");
    }

    private bool IsAround(OnnxNode convolution) => Readers(convolution.Outputs[0]) is [{ Type: "BatchNormalization" } norm] && Readers(norm.Outputs[0]) is [{ Type: "Add" }];

    /// <summary>A convolution without a bias and the norm behind it; the norm's output.</summary>
    private string Normed(OnnxNode convolution, string name, string norm, int kernel, int stride)
    {
        if (convolution.Inputs.Count != 2) throw file.Bad($"'{name}' has a bias: its norm was folded into it");
        CheckWindow(convolution, kernel, stride, kernel / 2);
        if (Whole(convolution, "group", [1]) is not [1] || !Array.TrueForAll(Whole(convolution, "dilations", [1, 1]), value => value == 1)) throw file.Bad($"'{name}' has groups or a dilation, a ResNet has neither");
        if (Shape(convolution) is not { Rank: 4 } shape || shape[2] != kernel || shape[3] != kernel) throw file.Bad($"'{name}' has a weight {Shape(convolution)}, expected a kernel of {kernel}×{kernel}");
        Entries.Add($"{name}.weight", Tensor(convolution.Inputs[1]));
        OnnxNode behind = Only(convolution.Outputs[0], "BatchNormalization");
        double epsilon = behind.Attributes.TryGetValue("epsilon", out double[]? written) ? written[0] : Epsilon;
        if (Math.Abs(epsilon - Epsilon) > 1e-3 * Epsilon) throw file.Bad(FormattableString.Invariant($"'{norm}' has an epsilon of {epsilon}, torchvision's is {Epsilon}"));
        if (behind.Inputs.Count != 5) throw file.Bad($"'{norm}' has {behind.Inputs.Count} inputs, expected 5");
        foreach ((string part, int input) in (ReadOnlySpan<(string, int)>)[("weight", 1), ("bias", 2), ("running_mean", 3), ("running_var", 4)]) Entries.Add($"{norm}.{part}", Tensor(behind.Inputs[input]));
        return behind.Outputs[0];
    }

    private void AddHead(OnnxNode head)
    {
        if (head.Inputs.Count != 3 || Whole(head, "transB", [0]) is not [1]) throw file.Bad("its head is no linear layer with a weight (outputs, inputs) and a bias");
        Entries.Add("fc.weight", Tensor(head.Inputs[1]));
        Entries.Add("fc.bias", Tensor(head.Inputs[2]));
    }

    private void CheckWindow(OnnxNode node, int kernel, int stride, int padding)
    {
        string at = $"the {node.Type} '{node.Outputs[0]}'";
        if (!Array.TrueForAll(Whole(node, "kernel_shape", [kernel, kernel]), value => value == kernel)) throw file.Bad($"{at} has a kernel of {string.Join('×', Whole(node, "kernel_shape", []))}, expected {kernel}×{kernel}");
        if (!Array.TrueForAll(Whole(node, "strides", [1, 1]), value => value == stride)) throw file.Bad($"{at} has strides {string.Join(", ", Whole(node, "strides", [1, 1]))}, expected {stride}");
        double[] pads = Whole(node, "pads", [0, 0, 0, 0]);
        if (Array.TrueForAll(pads, value => value == padding)) return;
        // Of an even size and stride 2 the last row of padding is read by nothing.
        if (stride != 2 || pads is not [double top, double left, double bottom, double right] || top != padding || left != padding || bottom != padding - 1 || right != padding - 1) throw file.Bad($"{at} has pads {string.Join(", ", pads)}, expected {padding}");
        HasUnevenPads = true;
    }

    private string After(string tensor, string type) => Only(tensor, type).Outputs[0];

    /// <summary>The only node that reads a tensor.</summary>
    private OnnxNode Only(string tensor, string type) => Readers(tensor) is [OnnxNode node] && node.Type == type ? node : throw file.Bad($"behind '{tensor}' is {(Readers(tensor) is [] ? "nothing" : string.Join(" and ", Readers(tensor).Select(each => each.Type)))}, expected {type}");

    private List<OnnxNode> Readers(string tensor) => readers.GetValueOrDefault(tensor) ?? [];

    private static double[] Whole(OnnxNode node, string name, double[] otherwise) => node.Attributes.GetValueOrDefault(name) ?? otherwise;

    private Shape Shape(OnnxNode convolution) => Tensor(convolution.Inputs[1]).Shape;

    private SafetensorsEntry Tensor(string name) => file.Tensors.TryGetValue(name, out SafetensorsEntry? entry) ? entry : throw file.Bad($"'{name}' is no stored tensor of real numbers");
}
