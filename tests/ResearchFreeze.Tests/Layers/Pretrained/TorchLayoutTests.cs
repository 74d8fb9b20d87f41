using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

/// <summary>Layouts where shapes cannot tell. The convolution's numbers against loops over NCHW are in <see cref="WeightsPageTests"/>.</summary>
public sealed class TorchLayoutTests
{
    [Fact]
    public void AConvolutionWhoseShapeFitsBothWaysIsPermuted()
    {
        using var device = new ReferenceDevice();
        using var model = new Sequential(("conv", new Conv2d(3, 3, 3)), ("up", new ConvTranspose2d(3, 3, 3)));
        model.Initialize(device, 1);
        var torch = new Dictionary<string, SafetensorsEntry> { ["conv.weight"] = Counting([3, 3, 3, 3]), ["up.weight"] = Counting([3, 3, 3, 3]), ["conv.bias"] = Counting([3]), ["up.bias"] = Counting([3]) };
        Dictionary<string, SafetensorsEntry> ours = TorchLayout.Convert(model, torch, [8, 8, 3]);
        foreach (string name in (string[])["conv.weight", "up.weight"])
        {
            double[] moved = ours[name].ToDoubles();
            for (int o = 0; o < 3; o++)
            {
                for (int y = 0; y < 3; y++)
                {
                    for (int x = 0; x < 3; x++)
                    {
                        for (int i = 0; i < 3; i++) Assert.Equal((((((o * 3) + i) * 3) + y) * 3) + x, moved[(((((o * 3) + y) * 3) + x) * 3) + i]);
                    }
                }
            }
        }
        Assert.Equal([0, 1, 2], ours["conv.bias"].ToDoubles());
    }

    [Fact]
    public void WhatBelongsToAFlattenedImageIsReorderedAndWhatComesLaterIsNot()
    {
        using var device = new ReferenceDevice();
        // 2 × 3 pixels of two channels; the second linear layer is as wide as the image.
        using var model = new Sequential(("flat", new Flatten()), ("norm", new BatchNorm(12)), ("relu", new Relu()), ("fc1", new Linear(12, 12)), ("fc2", new Linear(12, 12)));
        model.Initialize(device, 1);
        var torch = new Dictionary<string, SafetensorsEntry>
        {
            ["norm.weight"] = Counting([12]),
            ["norm.bias"] = Counting([12]),
            ["norm.running_mean"] = Counting([12]),
            ["norm.running_var"] = Counting([12]),
            ["norm.num_batches_tracked"] = SafetensorsEntry.Of([], new long[] { 4 }),
            ["fc1.weight"] = Counting([12, 12]),
            ["fc1.bias"] = Counting([12]),
            ["fc2.weight"] = Counting([12, 12]),
            ["fc2.bias"] = Counting([12]),
        };
        Dictionary<string, SafetensorsEntry> ours = TorchLayout.Convert(model, torch, [2, 3, 2]);
        // (channel, row, column) of a place (row, column, channel).
        double[] order = [.. from row in Enumerable.Range(0, 2) from column in Enumerable.Range(0, 3) from channel in Enumerable.Range(0, 2) select (double)((channel * 6) + (row * 3) + column)];
        foreach (string name in (string[])["norm.gamma", "norm.beta", "norm.runningMean", "norm.runningVariance"]) Assert.Equal(order, ours[name].ToDoubles());
        Assert.Equal(order.Select(place => 12 + place), ours["fc1.weight"].ToDoubles()[12..24]);
        Assert.Equal(Counting([12, 12]).ToDoubles(), ours["fc2.weight"].ToDoubles());
        Assert.Equal(8, ours.Count);
        Assert.True(StateDict.Compare(model, ours).IsExact);
        // A grey image lies the same either way.
        using var grey = new Sequential(("flat", new Flatten()), ("fc1", new Linear(12, 12)));
        grey.Initialize(device, 1);
        Assert.Equal(Counting([12, 12]).ToDoubles(), TorchLayout.Convert(grey, torch, [4, 3, 1])["fc1.weight"].ToDoubles());
        Assert.False(TorchLayout.Matters(grey, [4, 3, 1]));
        Assert.True(TorchLayout.Matters(grey, [2, 3, 2]));
        Assert.True(TorchLayout.Matters(model, [12]));
    }

    [Fact]
    public void RecurrentLayersGetOurNames()
    {
        using var device = new ReferenceDevice();
        using var model = new Lstm(3, 2);
        model.Initialize(device, 1);
        var torch = new Dictionary<string, SafetensorsEntry> { ["weight_ih_l0"] = Counting([8, 3]), ["weight_hh_l0"] = Counting([8, 2]), ["bias_ih_l0"] = Counting([8]), ["bias_hh_l0"] = Counting([8]) };
        Assert.True(StateDict.Compare(model, TorchLayout.Convert(model, torch)).IsExact);
    }

    private static SafetensorsEntry Counting(Shape shape) => SafetensorsEntry.Of(shape, [.. Enumerable.Range(0, shape.Count).Select(i => (float)i)]);
}
