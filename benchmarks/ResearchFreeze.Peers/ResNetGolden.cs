using System.Text.Json.Nodes;
using ResearchFreeze.Autograd;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace ResearchFreeze.Peers;

/// <summary>
/// torchvision's own ResNets (TorchSharp.torchvision) in float64: outputs in evaluation, and of a training step outputs, loss, gradients and running moments, with nothing frozen and with the first half of the stages frozen. A network
/// has millions of weights, so none is in a file: weights, images and labels are drawn from streams that are named after them, and of each gradient there are its norm and its product with a drawn tensor.
/// </summary>
internal static class ResNetGolden
{
    private const ulong WeightSeed = 41, ProductSeed = 42;
    private const int Batch = 3, Classes = 10;

    private static readonly string[] Frozen = ["conv1", "bn1", "layer1", "layer2"];

    private static readonly (string Name, int Height, int Width, ulong Seed)[] Networks = [("resnet18", 45, 37, 43), ("resnet34", 33, 38, 43), ("resnet50", 40, 33, 43)];

    public static void Write(string folder)
    {
        set_num_threads(1);
        Directory.CreateDirectory(folder);
        foreach ((string name, int height, int width, ulong seed) in Networks)
        {
            using var scope = NewDisposeScope();
            var file = new TensorFile();
            var images = new RandomStream(seed, "images");
            double[] pixels = [.. Enumerable.Range(0, Batch * height * width * 3).Select(_ => (double)(float)images.NextNormal())];
            Tensor x = tensor(pixels, [Batch, height, width, 3]).clone().permute(0, 3, 1, 2).contiguous();
            (string[] parameters, double[] norms) = Run(file, name, x, "full", frozen: []);
            double[] halfNorms = Run(file, name, x, "half", Frozen).Norms;
            Tensor single = x.to_type(ScalarType.Float32);
            double distance = Math.Max(Distance(norms, Run(null, name, single, "full", []).Norms), Distance(halfNorms, Run(null, name, single, "half", Frozen).Norms));
            file.Write(Path.Combine(folder, name), new JsonObject
            {
                ["name"] = name,
                ["image"] = TensorFile.ToJson([height, width, 3]),
                ["batch"] = Batch,
                ["classes"] = Classes,
                ["seed"] = seed,
                ["frozen"] = TensorFile.ToJson(Frozen),
                ["parameters"] = TensorFile.ToJson(parameters),
                ["normDistance"] = distance,
                ["versions"] = Versions.Libraries(),
            });
            Console.WriteLine(FormattableString.Invariant($"{name}: {parameters.Length} parameters, float32's norms of gradients {distance:E1} from float64's"));
        }
    }

    private static double Distance(double[] norms, double[] others) => norms.Zip(others, (a, b) => Math.Abs(a - b) / a).Max();

    private static (string[] Parameters, double[] Norms) Run(TensorFile? file, string name, Tensor x, string part, string[] frozen)
    {
        using nn.Module<Tensor, Tensor> network = Network(name);
        network.to(x.dtype);
        (string Name, Tensor Value)[] parameters = [.. network.named_parameters().Select(each => (each.name, (Tensor)each.parameter))];
        (string Name, Tensor Value)[] buffers = [.. network.named_buffers().Select(each => (each.name, each.buffer)).Where(each => !each.name.EndsWith("num_batches_tracked", StringComparison.Ordinal))];
        using (no_grad())
        {
            foreach ((string path, Tensor value) in parameters.Concat(buffers)) value.copy_(tensor(Drawn(path, value.shape), value.shape).to_type(x.dtype));
        }
        if (frozen.Length == 0)
        {
            network.eval();
            using (no_grad()) file?.Add("eval/output", network.forward(x));
        }
        network.train();
        foreach ((string child, nn.Module module) in network.named_children().Where(each => frozen.Contains(each.name)))
        {
            module.eval();
            foreach (TorchSharp.Modules.Parameter parameter in module.parameters()) parameter.requires_grad = false;
        }
        Tensor output = network.forward(x), labels = tensor([.. Enumerable.Range(0, Batch).Select(i => (long)(i * 4 % Classes))]);
        Tensor loss = nn.functional.cross_entropy(output, labels);
        loss.backward();
        file?.Add($"{part}/output", output);
        file?.Add($"{part}/loss", loss);
        (string Name, double[] Values)[] gradients = [.. parameters.Where(each => each.Value.requires_grad).Select(each => (each.Name, TrainingGolden.Values(each.Value.grad!)))];
        double[] norms = [.. gradients.Select(each => Math.Sqrt(each.Values.Sum(value => value * value)))];
        file?.AddDoubles($"{part}/norms", norms, gradients.Length);
        file?.AddDoubles($"{part}/products", [.. gradients.Select(each => Product(each.Name, each.Values))], gradients.Length);
        file?.AddDoubles($"{part}/buffers", [.. buffers.Select(each => Product(each.Name, TrainingGolden.Values(each.Value)))], buffers.Length);
        return ([.. parameters.Select(each => each.Name)], norms);
    }

    private static nn.Module<Tensor, Tensor> Network(string name) => name switch
    {
        "resnet18" => torchvision.models.resnet18(Classes),
        "resnet34" => torchvision.models.resnet34(Classes),
        _ => torchvision.models.resnet50(Classes),
    };

    /// <summary>Nothing is 0 or 1 by chance. A bottleneck adds little to its way around: drawn as the others are, its last norm makes a network whose gradients float32 has to a percent only.</summary>
    private static double[] Drawn(string name, long[] shape)
    {
        var random = new RandomStream(WeightSeed, name);
        int count = (int)shape.Aggregate((a, b) => a * b);
        double scale = shape.Length == 1 ? 0.2 : Math.Sqrt((shape.Length == 4 ? 2.0 : 1.0) / shape[1..].Aggregate((a, b) => a * b));
        bool isPositive = name.EndsWith("running_var", StringComparison.Ordinal) || (shape.Length == 1 && name.EndsWith(".weight", StringComparison.Ordinal));
        return [.. Enumerable.Range(0, count).Select(_ => (double)(float)(isPositive ? (name.EndsWith(".bn3.weight", StringComparison.Ordinal) ? 0.2 : 1) * (0.5 + random.NextDouble()) : scale * random.NextNormal()))];
    }

    private static double Product(string name, double[] values)
    {
        var random = new RandomStream(ProductSeed, name);
        return values.Sum(value => value * random.NextNormal());
    }
}
