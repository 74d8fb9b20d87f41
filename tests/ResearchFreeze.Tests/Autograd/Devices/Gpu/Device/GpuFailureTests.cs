using ILGPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>What a driver throws after a device was opened, as one line.</summary>
[Collection("simulator")]
public sealed class GpuFailureTests(SimulatorFixture fixture)
{
    [Fact]
    public void ADriversErrorNamesTheDeviceAndTheKernel()
    {
        GpuDevice device = fixture.Device;
        device.Probe();
        Exception[] errors = [new CLException(CLError.CL_INVALID_WORK_GROUP_SIZE), new CudaException("an illegal\nmemory access"), new InternalCompilerException("outer", new NotSupportedException("no such thing"))];
        string[] texts = ["CL_INVALID_WORK_GROUP_SIZE", "an illegal memory access (", "no such thing"];
        foreach ((Exception error, string text) in errors.Zip(texts))
        {
            DeviceUnavailableException failure = device.FailureOf(error)!;
            Assert.StartsWith($"simulator: failed in or after the launch of ElementwiseKernels.Fill: {text}", failure.Message, StringComparison.Ordinal);
            Assert.Same(error, failure.InnerException);
        }
    }

    [Fact]
    public void AKernelThatDoesNotCompileIsNamed()
    {
        using GpuDevice device = GpuDevice.Simulator();
        Storage storage = device.Rent(ElementKind.Real, 10, MemoryKind.Activation);
        var x = new TensorRange(storage, 0, 10);
        MapKernel kernel = MapKernel.Of("bad", MapUse.None, new AddScalarOp<double>(1), new BadOp(), new BadOp());
        var error = Assert.Throws<NotSupportedException>(() => device.Map(kernel, x, x));
        string message = device.FailureOf(error)!.Message;
        Assert.StartsWith("simulator: Map of BadOp does not compile for a GPU (", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        storage.Release();
    }

    /// <summary>A fault of ours keeps its stack trace, and a device without a driver has no such failures.</summary>
    [Fact]
    public void NothingElseIsADriversFailure()
    {
        foreach (Exception error in (Exception[])[new NotSupportedException("a GPU kernel has no vectors"), new InvalidOperationException("ours"), new OutOfMemoryException("none"), new NullReferenceException()])
            Assert.Null(fixture.Device.FailureOf(error));
        using var cpu = new CpuDevice(1);
        Assert.Null(cpu.FailureOf(new CLException(CLError.CL_OUT_OF_RESOURCES)));
    }

    private readonly struct BadOp : IMapOp<float>
    {
        public float Apply(float x) => x.ToString(System.Globalization.CultureInfo.InvariantCulture).Length;

        public float Derivative(float x, float y) => 0;

        public System.Numerics.Vector<float> Apply(System.Numerics.Vector<float> x) => x;

        public System.Numerics.Vector<float> Derivative(System.Numerics.Vector<float> x, System.Numerics.Vector<float> y) => x;
    }
}
