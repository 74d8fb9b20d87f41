using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;
using Xunit.Sdk;

namespace ResearchFreeze.Tests.Golden;

/// <summary>torchvision's ResNets as TorchSharp computes them in float64, on the CPU in float32: outputs, loss, running moments, and of each gradient its norm and its product with a drawn tensor.</summary>
public sealed class ResNetGoldenTests(ResNetGoldenTests.DrawnWeights weights) : IClassFixture<ResNetGoldenTests.DrawnWeights>
{
    private const ulong WeightSeed = 41, ProductSeed = 42;

    internal static string[] All { get; } = ["resnet18", "resnet34", "resnet50"];

    public static TheoryData<string> Files => [.. All];

    [Fact]
    public void EveryFileIsReplayed() => Assert.Equal(All, GoldenFolder.Names("resnets"));

    [Theory]
    [MemberData(nameof(Files))]
    public void AStepIsTorchvisions(string name)
    {
        // Of the same blocks as resnet18's.
        Assert.SkipWhen(name == "resnet34" && !TestDevices.IsLong, "resnet34 is in the long form: scripts/nightly.sh");
        using var device = new CpuDevice(2);
        var check = new GoldenCheck();
        Products(name, check, Step(name, device, check, half: false), Step(name, device, check, half: true));
        check.Report($"{name} on {device.Name}");
    }

    /// <summary>The replay can fail: with another stage frozen than recorded, a gradient more or less is there.</summary>
    [Fact]
    public void AnotherPrefixThanTheRecordedOneFails()
    {
        using var device = new CpuDevice(2);
        Assert.ThrowsAny<XunitException>(() => Step("resnet18", device, new GoldenCheck(), half: true, but: "layer2"));
    }

    /// <summary>A step, compared with the recorded one in all but the gradients' products, for which it gives the gradients.</summary>
    private Gradient[] Step(string name, Device device, GoldenCheck check, bool half, string? but = null)
    {
        var file = new GoldenFile<ResNetManifest>("resnets", name);
        ResNetManifest manifest = file.Manifest;
        Shape image = new(manifest.Image);
        using var model = (Sequential)Models.Catalogue().Create(name).Build(image, manifest.Classes);
        TorchvisionName[] names = [.. TorchvisionNames.Of(model)];
        Dictionary<string, SafetensorsEntry> there = names.ToDictionary(each => each.Theirs, each => weights.Of(each.Theirs, each.ShapeThere), StringComparer.Ordinal);
        StateDict.Load(model, TorchLayout.Convert(model, TorchvisionNames.ByModules(there)), name, device: device);
        Assert.Equal(manifest.Parameters, names.Where(each => !each.Theirs.Contains("running_", StringComparison.Ordinal)).Select(each => each.Theirs));
        var random = new RandomStream(manifest.Seed, "images");
        using var scope = new Scope();
        Tensor images = Tensor.From(device, [.. Enumerable.Range(0, manifest.Batch * image.Count).Select(_ => (float)random.NextNormal())], [manifest.Batch, .. manifest.Image]);
        string part = half ? "half" : "full";
        if (!half)
        {
            using (model.EvalScope())
            using (GradMode.Disable()) check.Elements("output in evaluation", name, file.Values("eval/output"), Double(model.Forward(images)), 1e-5);
        }
        string[] frozen = [.. manifest.Frozen.Where(each => half && each != but)];
        foreach (TorchvisionName each in names.Where(each => frozen.Contains(each.Theirs.Split('.')[0])))
        {
            if (model.NamedParameters().FirstOrDefault(named => named.Path == each.Ours).Parameter is { } parameter) parameter.IsFrozen = true;
        }
        Tensor output = model.Forward(images);
        Tensor loss = Loss.CrossEntropy(output, IntTensor.From(device, [.. Enumerable.Range(0, manifest.Batch).Select(i => i * 4 % manifest.Classes)]));
        loss.Backward();
        check.Elements($"{part} output", name, file.Values($"{part}/output"), Double(output), 1e-4);
        check.Scalar($"{part} loss", name, file.Scalar($"{part}/loss"), loss.ToArray()[0], 1e-4);
        Dictionary<string, Parameter> parameters = model.NamedParameters().ToDictionary(named => named.Path, named => named.Parameter, StringComparer.Ordinal);
        TorchvisionName[] trained = [.. names.Where(each => parameters.TryGetValue(each.Ours, out Parameter? parameter) && parameter.Grad is not null)];
        double[] norms = file.Values($"{part}/norms"), buffers = file.Values($"{part}/buffers");
        Assert.Equal(norms.Length, trained.Length);
        var gradients = new Gradient[trained.Length];
        for (int i = 0; i < trained.Length; i++)
        {
            gradients[i] = new Gradient(trained[i].Theirs, TensorForms.ToTheirs(trained[i].Form, trained[i].Shape, parameters[trained[i].Ours].Grad!.ToArray()));
            check.Scalar($"{part} norm of a gradient", trained[i].Theirs, norms[i], GoldenCheck.Norm(gradients[i].Values.ToDoubles()), Bound(manifest) * norms[i]);
        }
        TorchvisionName[] moments = [.. names.Where(each => each.Theirs.Contains("running_", StringComparison.Ordinal))];
        Assert.Equal(buffers.Length, moments.Length);
        for (int i = 0; i < moments.Length; i++)
        {
            double[] found = Double(moments[i].Value());
            check.Scalar($"{part} running moments", moments[i].Theirs, buffers[i], Products(moments[i].Theirs, found)[0], 1e-4 * GoldenCheck.Norm(found));
        }
        return gradients;
    }

    /// <summary>Both steps at once: what a gradient is multiplied by is drawn by its name, and drawing it takes longer than the step.</summary>
    private static void Products(string name, GoldenCheck check, Gradient[] full, Gradient[] half)
    {
        var file = new GoldenFile<ResNetManifest>("resnets", name);
        double bound = Math.Max(2e-3, Bound(file.Manifest));
        (string Part, Gradient[] Gradients, double[] Norms, double[] Products)[] parts =
            [.. new[] { ("full", full), ("half", half) }.Select(part => (part.Item1, part.Item2, file.Values($"{part.Item1}/norms"), file.Values($"{part.Item1}/products")))];
        foreach (var (_, _, norms, products) in parts) Assert.Equal(norms.Length, products.Length);
        foreach (string parameter in full.Concat(half).Select(gradient => gradient.Name).Distinct())
        {
            var with = parts.Select(part => (Part: part, At: Array.FindIndex(part.Gradients, gradient => gradient.Name == parameter))).Where(each => each.At >= 0).ToArray();
            double[] found = Products(parameter, [.. with.Select(each => each.Part.Gradients[each.At].Values.ToDoubles())]);
            for (int i = 0; i < with.Length; i++)
            {
                (var part, int at) = with[i];
                check.Scalar($"{part.Part} product of a gradient", parameter, part.Products[at], found[i], bound * part.Norms[at]);
            }
        }
    }

    private static double Bound(ResNetManifest manifest) => Math.Max(2e-4, 4 * manifest.NormDistance);

    private static double[] Double(Tensor tensor) => Array.ConvertAll(tensor.ToArray(), value => (double)value);

    /// <summary>As benchmarks/ResearchFreeze.Peers/ResNetGolden.cs draws them, in the layout that they have there.</summary>
    private static float[] Drawn(string name, Shape shape)
    {
        var random = new RandomStream(WeightSeed, name);
        double scale = shape.Rank == 1 ? 0.2 : Math.Sqrt((shape.Rank == 4 ? 2.0 : 1.0) / (shape.Count / shape[0]));
        bool isPositive = name.EndsWith("running_var", StringComparison.Ordinal) || (shape.Rank == 1 && name.EndsWith(".weight", StringComparison.Ordinal));
        var values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++) values[i] = (float)(isPositive ? (name.EndsWith(".bn3.weight", StringComparison.Ordinal) ? 0.2 : 1) * (0.5 + random.NextDouble()) : scale * random.NextNormal());
        return values;
    }

    /// <summary>Each tensor's product with the one that is drawn by the name; as many values each.</summary>
    private static double[] Products(string name, params double[][] tensors)
    {
        var random = new RandomStream(ProductSeed, name);
        var sums = new double[tensors.Length];
        for (int i = 0; i < tensors[0].Length; i++)
        {
            double drawn = random.NextNormal();
            for (int tensor = 0; tensor < sums.Length; tensor++) sums[tensor] += tensors[tensor][i] * drawn;
        }
        return sums;
    }

    /// <summary>What is drawn for a name and shape is the same in every network and step: drawn once, which takes longer than the steps.</summary>
    public sealed class DrawnWeights
    {
        private readonly Dictionary<(string Name, Shape Shape), SafetensorsEntry> drawn = [];

        internal SafetensorsEntry Of(string name, Shape shape)
        {
            if (!drawn.TryGetValue((name, shape), out SafetensorsEntry? entry)) drawn.Add((name, shape), entry = SafetensorsEntry.Of(shape, Drawn(name, shape)));
            return entry;
        }
    }

    /// <summary>A parameter's gradient, in torchvision's name and layout.</summary>
    private sealed record Gradient(string Name, SafetensorsEntry Values);
}
