using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;
using Xunit.Sdk;

namespace ResearchFreeze.Tests.Golden;

/// <summary>torchvision's ResNets as TorchSharp computes them in float64, on the CPU in float32: outputs, loss, running moments, and of each gradient its norm and its product with a drawn tensor.</summary>
public sealed class ResNetGoldenTests
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
        using var device = new CpuDevice(2);
        var check = new GoldenCheck();
        Step(name, device, check, half: false);
        Step(name, device, check, half: true);
        check.Report($"{name} on {device.Name}");
    }

    /// <summary>The replay can fail: with another stage frozen than recorded, a gradient more or less is there.</summary>
    [Fact]
    public void AnotherPrefixThanTheRecordedOneFails()
    {
        using var device = new CpuDevice(2);
        Assert.ThrowsAny<XunitException>(() => Step("resnet18", device, new GoldenCheck(), half: true, but: "layer2"));
    }

    private static void Step(string name, Device device, GoldenCheck check, bool half, string? but = null)
    {
        var file = new GoldenFile<ResNetManifest>("resnets", name);
        ResNetManifest manifest = file.Manifest;
        Shape image = new(manifest.Image);
        using var model = (Sequential)Models.Catalogue().Create(name).Build(image, manifest.Classes);
        TorchvisionName[] names = [.. TorchvisionNames.Of(model)];
        Dictionary<string, SafetensorsEntry> there = names.ToDictionary(each => each.Theirs, each => SafetensorsEntry.Of(each.ShapeThere, Drawn(each.Theirs, each.ShapeThere)), StringComparer.Ordinal);
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
        double[] norms = file.Values($"{part}/norms"), products = file.Values($"{part}/products"), buffers = file.Values($"{part}/buffers");
        Assert.Equal(norms.Length, trained.Length);
        double bound = Math.Max(2e-4, 4 * manifest.NormDistance);
        for (int i = 0; i < trained.Length; i++)
        {
            double[] gradient = TensorForms.ToTheirs(trained[i].Form, trained[i].Shape, parameters[trained[i].Ours].Grad!.ToArray()).ToDoubles();
            check.Scalar($"{part} norm of a gradient", trained[i].Theirs, norms[i], GoldenCheck.Norm(gradient), bound * norms[i]);
            check.Scalar($"{part} product of a gradient", trained[i].Theirs, products[i], Product(trained[i].Theirs, gradient), Math.Max(2e-3, bound) * norms[i]);
        }
        TorchvisionName[] moments = [.. names.Where(each => each.Theirs.Contains("running_", StringComparison.Ordinal))];
        Assert.Equal(buffers.Length, moments.Length);
        for (int i = 0; i < moments.Length; i++)
        {
            double[] found = Double(moments[i].Value());
            check.Scalar($"{part} running moments", moments[i].Theirs, buffers[i], Product(moments[i].Theirs, found), 1e-4 * GoldenCheck.Norm(found));
        }
    }

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

    private static double Product(string name, double[] values)
    {
        var random = new RandomStream(ProductSeed, name);
        return values.Sum(value => value * random.NextNormal());
    }
}
