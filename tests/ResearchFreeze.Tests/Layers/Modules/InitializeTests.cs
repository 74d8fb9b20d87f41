using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

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

    [Fact]
    public void ABufferThatIsMissingIsMadeThoughEveryWeightIsThere()
    {
        using var device = new CpuDevice();
        using Sequential source = Model().Initialize(device, 7), model = Model();
        Dictionary<string, SafetensorsEntry> weights = source.NamedParameters().ToDictionary(named => named.Path, named => SafetensorsEntry.Of(named.Parameter.Value));
        StateDict.Load(model, weights, strict: false, device: device);
        model.Initialize(device, 1);
        Assert.Equal(Values(source), Values(model));
    }

    /// <summary>A run's model whose builder has drawn or loaded all of its weights: dropout starts from the run's seed all the same.</summary>
    [Fact]
    public void RandomModulesStartFromTheRunsSeedThoughABuilderHasMadeAllWeights()
    {
        using var device = new CpuDevice();
        var spec = new ModelSpec((_, _) => Dropping().Initialize(device, 7), [4], 2);
        using Sequential run = (Sequential)spec.On(device, [4], 2, 5), other = (Sequential)spec.On(device, [4], 2, 6), weights = Dropping().Initialize(device, 7), seeded = Dropping().Initialize(device, 5);
        Assert.Equal(Values(weights), Values(run));
        using var scope = new Scope();
        float[] Mask(Sequential model) => model[1].Forward(Tensor.Full(device, [64], 1)).ToArray();
        float[] mask = Mask(seeded);
        Assert.Equal(mask, Mask(run));
        Assert.NotEqual(mask, Mask(other));

        static Sequential Dropping() => new(("fc", new Linear(4, 4)), ("drop", new Dropout(0.5f)), ("head", new Linear(4, 2)));
    }

    private static Sequential Model() => new(("fc", new Linear(2, 2)), ("norm", new BatchNorm(2)));

    private static double[][] Values(Sequential model) => [.. model.Parameters().Select(parameter => parameter.Value.ToDoubles()), .. model.Buffers().Select(buffer => buffer.Value.ToDoubles())];
}
