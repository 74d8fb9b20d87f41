using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>A run that starts from weights.</summary>
public sealed class StartWeightsTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("start");
    private readonly CpuDevice device = new();

    public void Dispose()
    {
        device.Dispose();
        folder.Delete(recursive: true);
    }

    [Fact]
    public void WhatFitsIsTakenAndAHeadOfAnotherSizeIsDrawnAnewAndSaid()
    {
        using Sequential source = Models.Mlp(4, 3, 5).Initialize(device, 1), model = Models.Mlp(4, 3, 2).Initialize(device, 9), drawn = Models.Mlp(4, 3, 2).Initialize(device, 9);
        string path = Save(source);
        Assert.Equal($"starts from {path}: 2 of 4 tensors; drawn anew: fc2.bias, fc2.weight", StartWeights.Load(model, path));
        Assert.Equal(Of(source, "fc1.weight"), Of(model, "fc1.weight"));
        Assert.Equal(Of(drawn, "fc2.weight"), Of(model, "fc2.weight"));
        // Also strictly: that is no surprise.
        Assert.Contains("drawn anew", StartWeights.Load(model, path, strict: true), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsResetIsNotTaken()
    {
        using Sequential source = Models.Mlp(4, 3, 2).Initialize(device, 1), model = Models.Mlp(4, 3, 2).Initialize(device, 9), drawn = Models.Mlp(4, 3, 2).Initialize(device, 9);
        string path = Save(source);
        Assert.Equal($"starts from {path}: 3 of 4 tensors; drawn anew: fc1.bias", StartWeights.Load(model, path, reset: ["fc1.bias"]));
        Assert.Equal($"starts from {path}: 2 of 4 tensors; drawn anew: fc1.bias, fc1.weight", StartWeights.Load(drawn, path, strict: true, reset: ["fc1"]));
        Assert.Equal(Of(source, "fc2.weight"), Of(drawn, "fc2.weight"));
        Assert.Equal("--reset: 'fc' is no path of the model; it has flatten, fc1, fc2.", Assert.Throws<ArgumentException>(() => StartWeights.Load(model, path, reset: ["fc"])).Message);
    }

    [Fact]
    public void WhatDoesNotFitIsAnErrorBeforeAnythingIsLoaded()
    {
        using Sequential source = Models.Mlp(4, 3, 2).Initialize(device, 1), wider = Models.Mlp(4, 6, 2).Initialize(device, 9), longer = Models.Mlp(4, 3, 3, 2).Initialize(device, 9);
        string path = Save(source);
        double[] before = Of(wider, "fc1.weight");
        Assert.Equal(
            $"'{path}' does not fit the model: of another shape or type: fc1.weight (F32 (3, 4) in the file, (6, 4) in the model), fc1.bias (F32 (3) in the file, (6) in the model), fc2.weight (F32 (2, 3) in the file, (2, 6) in the model); --reset PATH draws a part anew.",
            Assert.Throws<FormatException>(() => StartWeights.Load(wider, path)).Message);
        Assert.Equal(before, Of(wider, "fc1.weight"));
        using Sequential other = new Sequential(("one", new Linear(4, 2)), ("two", new Linear(2, 2))).Initialize(device, 2);
        Assert.StartsWith($"'{path}' has nothing for the model: missing: one.weight", Assert.Throws<FormatException>(() => StartWeights.Load(other, path)).Message, StringComparison.Ordinal);
        using Sequential more = new Sequential(("fc1", new Linear(4, 3)), ("extra", new Linear(3, 3)), ("fc2", new Linear(3, 2))).Initialize(device, 2);
        Assert.Equal($"starts from {path}: 4 of 4 tensors; not there and drawn: extra.weight, extra.bias", StartWeights.Load(more, path));
        Assert.Equal($"'{path}' does not fit the model: missing: extra.weight, extra.bias.", Assert.Throws<FormatException>(() => StartWeights.Load(more, path, strict: true)).Message);
        Assert.Equal($"starts from {path}: 4 of 4 tensors; not there and drawn: extra.weight, extra.bias", StartWeights.Load(more, folder.FullName).Replace(folder.FullName, path, StringComparison.Ordinal));
    }

    private string Save(Sequential model)
    {
        string path = Path.Combine(folder.FullName, "weights.safetensors");
        StateDict.Save(model, path);
        return path;
    }

    private static double[] Of(Sequential model, string path) => model.NamedParameters().Single(named => named.Path == path).Parameter.Value.ToDoubles();
}
