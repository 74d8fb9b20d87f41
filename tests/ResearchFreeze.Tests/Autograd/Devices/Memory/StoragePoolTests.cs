using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>A device whose memory runs out.</summary>
public sealed class StoragePoolTests
{
    private const int Length = 1024, Bytes = Length * sizeof(double);

    [Fact]
    public void SpareMemoryIsGivenBackOnceAndTheRequestTriedAgain()
    {
        using var device = new ReferenceDevice(3 * Bytes);
        Storage first = device.Rent(ElementKind.Real, Length, MemoryKind.Activation), second = device.Rent(ElementKind.Real, Length, MemoryKind.Activation);
        second.Release();
        Assert.Equal(Bytes, device.SpareBytes);
        Storage large = device.Rent(ElementKind.Real, 2 * Length, MemoryKind.Parameter);
        Assert.Equal(0, device.SpareBytes);
        first.Release();
        large.Release();
    }

    [Fact]
    public void WhenThatIsNotEnoughTheMessageSaysWhoAskedForWhatAndWhatIsAlive()
    {
        using var device = new ReferenceDevice(4 * Bytes);
        Storage parameter = device.Rent(ElementKind.Real, Length, MemoryKind.Parameter), labels = device.Rent(ElementKind.Int32, 10, MemoryKind.Activation);
        device.Rent(ElementKind.Real, Length, MemoryKind.Activation).Release();
        var error = Assert.Throws<OutOfMemoryException>(() => device.Rent(ElementKind.Real, (3 * Length) + 1, MemoryKind.Optimizer));
        Assert.Equal(
            "reference: out of memory: 24,584 bytes for Optimizer were asked for; bytes alive: Activation 40, Gradient 0, Parameter 8,192, Optimizer 0, Statistic 0; the pool's 8,192 spare bytes were given back first.",
            error.Message);
        Assert.Contains("are more than is left of 32768", error.InnerException!.Message);
        // The device goes on with what there is.
        device.Rent(ElementKind.Real, 2 * Length, MemoryKind.Activation).Release();
        parameter.Release();
        labels.Release();
    }

    [Theory]
    [InlineData((2 * Bytes) - 1, "8,192 bytes for Activation were asked for in or after the forward pass of relu;")]
    [InlineData((4 * Bytes) - 1, "8,192 bytes for Gradient were asked for in or after the backward pass of relu;")]
    public void TheOperationIsNamed(int limit, string expected)
    {
        using var device = new ReferenceDevice(limit);
        using Parameter w = Ones(device);
        long before = device.Counters.LiveBytes;
        var error = Assert.Throws<OutOfMemoryException>(() =>
        {
            using var scope = new Scope();
            w.Value.Relu().Sum().Backward();
        });
        Assert.Contains(expected, error.Message);
        Assert.Equal(before, device.Counters.LiveBytes);
    }

    [Fact]
    public void AfterABackwardPassNoOperationIsBlamed()
    {
        using var device = new ReferenceDevice(8 * Bytes);
        using Parameter w = Ones(device);
        using (new Scope()) w.Value.Relu().Sum().Backward();
        w.ClearGrad();
        Assert.Contains("bytes for Optimizer were asked for; ", Assert.Throws<OutOfMemoryException>(() => device.Rent(ElementKind.Real, 8 * Length, MemoryKind.Optimizer)).Message);
    }

    private static Parameter Ones(Device device)
    {
        var parameter = new Parameter("w", [Length]);
        parameter.Materialize(device);
        device.Fill(parameter.Value.Range, 1);
        return parameter;
    }
}
