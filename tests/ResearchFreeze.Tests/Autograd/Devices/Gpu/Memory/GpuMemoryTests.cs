using ILGPU.Runtime;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>A GPU whose memory runs out, as its driver would say it. Not the shared devices: a limit is for one test.</summary>
[Collection("gpu")]
public sealed class GpuMemoryTests(GpuFixture fixture)
{
    // A sum of so many is cut in two and needs work space; the simulator takes seconds for four times as many.
    private const int Length = 1 << 14, Bytes = Length * sizeof(float);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SpareMemoryIsGivenBackOnceAndTheRequestTriedAgain(bool openCl)
    {
        using GpuDevice device = Create(openCl);
        device.MemoryLimit = device.TakenBytes + (3 * Bytes);
        long before = device.TakenBytes;
        Storage first = device.Rent(ElementKind.Real, Length, MemoryKind.Activation), second = device.Rent(ElementKind.Int32, Length, MemoryKind.Activation);
        second.Release();
        Assert.Equal((Bytes, before + (2 * Bytes)), (device.SpareBytes, device.TakenBytes));
        int waits = device.WorkWaits;
        Storage large = device.Rent(ElementKind.Real, 2 * Length, MemoryKind.Parameter);
        Assert.Equal((0, before + (3 * Bytes)), (device.SpareBytes, device.TakenBytes));
        // Work that was issued may still use what was spare: it is waited for before that is given back, and only then.
        Assert.Equal(waits + 1, device.WorkWaits);

        // What was had is memory like any other.
        float[] values = [.. Enumerable.Range(0, 1000).Select(i => (float)i)], back = new float[1000];
        device.Upload(values, new TensorRange(large, (2 * Length) - 1000, 1000));
        device.Download(new TensorRange(large, (2 * Length) - 1000, 1000), back);
        Assert.Equal(values, back);
        first.Release();
        large.Release();
        device.Trim();
        Assert.Equal(before, device.TakenBytes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhenThatIsNotEnoughTheMessageSaysWhoAskedForWhatAndWhatIsAlive(bool openCl)
    {
        using GpuDevice device = Create(openCl);
        device.MemoryLimit = device.TakenBytes + (4 * Bytes);
        Storage parameter = device.Rent(ElementKind.Real, Length, MemoryKind.Parameter), labels = device.Rent(ElementKind.Int32, 10, MemoryKind.Activation);
        device.Rent(ElementKind.Real, Length, MemoryKind.Activation).Release();
        var error = Assert.Throws<OutOfMemoryException>(() => device.Rent(ElementKind.Real, (3 * Length) + 1, MemoryKind.Optimizer));
        Assert.Equal(
            $"{device.Name}: out of memory: 196,612 bytes for Optimizer were asked for; bytes alive: Activation 40, Gradient 0, Parameter 65,536, Optimizer 0, Statistic 0; the pool's 65,536 spare bytes were given back first.",
            error.Message);
        Assert.StartsWith($"{device.Name}: no memory for 57,344 elements (", error.InnerException!.Message, StringComparison.Ordinal);
        Assert.IsAssignableFrom<AcceleratorException>(error.InnerException.InnerException);
        // The device goes on with what there is.
        device.Rent(ElementKind.Real, 2 * Length, MemoryKind.Activation).Release();
        parameter.Release();
        labels.Release();
    }

    [Theory]
    [InlineData(true, 1, "65,536 bytes for Activation were asked for in or after the forward pass of relu;")]
    [InlineData(true, 3, "65,536 bytes for Gradient were asked for in or after the backward pass of relu;")]
    [InlineData(false, 1, "65,536 bytes for Activation were asked for in or after the forward pass of relu;")]
    [InlineData(false, 3, "65,536 bytes for Gradient were asked for in or after the backward pass of relu;")]
    public void TheOperationIsNamed(bool openCl, int missing, string expected)
    {
        using GpuDevice device = Create(openCl);
        using var w = new Parameter("w", [Length]);
        w.Materialize(device);
        device.Fill(w.Value.Range, 1);
        Step(w);                                                // takes the work space of a sum, which stays
        w.ClearGrad();
        device.Trim();
        long before = device.Counters.LiveBytes;
        device.MemoryLimit = device.TakenBytes + (missing * Bytes) - 1;
        var error = Assert.Throws<OutOfMemoryException>(() => Step(w));
        Assert.Contains(expected, error.Message);
        Assert.Equal(before, device.Counters.LiveBytes);

        // With memory again, the same step is taken.
        device.MemoryLimit = long.MaxValue;
        Step(w);
        var gradient = new float[Length];
        device.Download(w.Grad!.Range, gradient);
        Assert.All(gradient, slope => Assert.Equal(1, slope));
    }

    private static void Step(Parameter w)
    {
        using var scope = new Scope();
        w.Value.Relu().Sum().Backward();
    }

    private GpuDevice Create(bool openCl) => openCl ? fixture.NewOpenCl() : GpuDevice.Simulator();
}
