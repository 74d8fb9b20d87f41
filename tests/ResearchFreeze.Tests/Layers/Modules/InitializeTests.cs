using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

/// <summary>What is there already stays when a model is initialised.</summary>
public sealed class InitializeTests : IDisposable
{
    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Fact]
    public void Case9_WeightsThatWereLoadedBeforeThereWasMemoryAreTheStart()
    {
        using var device = new CpuDevice();
        using Sequential source = Model().Initialize(device, 7), model = Model();
        StateDict.Save(source, path);
        StateDict.Load(model, path);
        Assert.All(model.Parameters(), parameter => Assert.False(parameter.IsMaterialized));
        model.Initialize(device, 1);
        Assert.Equal(Values(source), Values(model));
        // Once: what is drawn anew is drawn.
        model.Initialize(device, 1, overwrites: true);
        using Sequential drawn = Model().Initialize(device, 1);
        Assert.Equal(Values(drawn), Values(model));
    }

    [Fact]
    public void WhatIsThereStaysAndMovesToAnotherDeviceAndTheRestIsDrawn()
    {
        using var first = new ReferenceDevice();
        using var second = new CpuDevice();
        using Sequential source = Model().Initialize(first, 7);
        source.Buffers().First().Value.Device.Fill(source.Buffers().First().Value.Range, 0.25);
        double[][] values = Values(source);
        source.Initialize(second, 1);
        Assert.All(source.Parameters(), parameter => Assert.Same(second, parameter.Value.Device));
        Assert.Equal(values, Values(source));

        using Sequential part = Model(), drawn = Model().Initialize(second, 3);
        var weight = new Dictionary<string, SafetensorsEntry> { ["fc.weight"] = SafetensorsEntry.Of([2, 2], [1f, 2, 3, 4]) };
        StateDict.Load(part, weight, strict: false);
        part.Initialize(second, 3);
        double[][] expected = Values(drawn);
        expected[0] = [1, 2, 3, 4];
        Assert.Equal(expected, Values(part));
    }

    private static Sequential Model() => new(("fc", new Linear(2, 2)), ("norm", new BatchNorm(2)));

    private static double[][] Values(Sequential model) => [.. model.Parameters().Select(parameter => parameter.Value.ToDoubles()), .. model.Buffers().Select(buffer => buffer.Value.ToDoubles())];
}
