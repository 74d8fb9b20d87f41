using System.Runtime.Intrinsics;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Autograd;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>An image's outputs are the same bits whatever its batch's size and its place in it. The forward cache and data-parallel training stand on it. For text see <see cref="TextTransformerTests"/>.</summary>
[EverySimdLevel]
public sealed class SampleAloneTests
{
    [Theory]
    [InlineData("mlp:784,48,10", 28, 1)]
    [InlineData("cnn", 28, 1)]
    [InlineData("cnn:8,16,32", 13, 3)]
    [InlineData("resnet:8", 32, 3)]
    [InlineData("resnet:20", 28, 1)]
    [InlineData("resnet:8,5", 19, 3)]
    [InlineData("resnet18", 40, 3)]
    [InlineData("vit:width=24,layers=2,heads=2", 16, 3)]
    public void AnImagesBitsAreItsOwn(string spec, int side, int channels)
    {
        // Where vectors are emulated resnet18 takes the large image in the long form only (scripts/nightly.sh): the children that have vectors always do.
        if (spec == "resnet18" && !Vector128.IsHardwareAccelerated && !TestDevices.IsLong) side = 17;
        using var device = new CpuDevice(2);
        ModuleBase model = Models.Catalogue().Create(spec).Build([side, side, channels], 10);
        using var images = (Module)model;
        images.Initialize(device, 3);
        images.Eval();
        int size = side * side * channels;
        float[] image = Draw(1, size), alone = Outputs(1, 0);
        // Without vector instructions an image takes a hundred times as long.
        int most = CpuDeviceProcessTests.IsChild ? 3 : spec is "resnet:20" or "resnet18" ? 20 : 130;
        for (int batch = 2; batch <= most; batch += batch < 9 ? 1 : 11) Assert.Equal(alone, Outputs(batch, batch * 2 / 3));

        float[] Outputs(int batch, int place)
        {
            using GradMode.Restore mode = GradMode.Disable();
            using var scope = new Scope();
            float[] all = Draw(2, batch * size);
            image.CopyTo(all, place * size);
            return images.Forward(Tensor.From(device, all, [batch, side, side, channels])).ToArray().AsSpan(place * 10, 10).ToArray();
        }
    }

    private static float[] Draw(ulong seed, int count)
    {
        var random = new RandomStream(seed, "images");
        return [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];
    }
}
