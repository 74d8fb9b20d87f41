using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

[Collection("simulator")]
public sealed class KernelCountersTests
{
    [Fact]
    public void LaunchesAreCountedByTheKernelsName()
    {
        using GpuDevice device = GpuDevice.Simulator();
        Storage storage = device.Rent(ElementKind.Real, 20, MemoryKind.Activation);
        TensorRange x = new(storage, 0, 10), y = new(storage, 10, 10);
        device.Upload(new float[10], x);
        device.Copy(x, y);
        Assert.Empty(device.Kernels.Snapshot());
        device.Fill(x, 1);
        device.Map(MapKernels.Relu, x, y);
        Assert.Equal((2, 2L), (device.Kernels.Compiled, device.Kernels.TotalLaunches));

        IReadOnlyDictionary<string, long> before = device.Kernels.Snapshot();
        device.Map(MapKernels.Tanh, x, y);
        device.Map(MapKernels.Relu, x, y);
        device.Map(MapKernels.Relu, x, y);
        Assert.Equal(
            [("ElementwiseKernels.Map.ReluOp", 2L), ("ElementwiseKernels.Map.TanhOp", 1L)],
            device.Kernels.Since(before).Select(kernel => (kernel.Key, kernel.Value)).Order());
        Assert.Equal(3, device.Kernels.Launches("ElementwiseKernels.Map.ReluOp"));
        Assert.Equal(0, device.Kernels.Launches("ElementwiseKernels.Map.ExpOp"));
        Assert.Equal((3, 5L), (device.Kernels.Compiled, device.Kernels.TotalLaunches));
        storage.Release();
    }
}
