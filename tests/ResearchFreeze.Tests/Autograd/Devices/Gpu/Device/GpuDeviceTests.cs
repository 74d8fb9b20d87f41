using System.Reflection;
using System.Runtime.Loader;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

[Collection("gpu")]
public sealed class GpuDeviceTests(GpuFixture fixture)
{
    private const string OptIn = "RESEARCHFREEZE_OPENCL_UNSUPPORTED";

    [Fact]
    public void CudaWithoutADriverSaysSo()
    {
        if (GpuDevice.List().Any(device => device.Name.StartsWith("cuda:", StringComparison.Ordinal))) Assert.Skip("there is a CUDA device");
        var error = Assert.Throws<DeviceUnavailableException>(() => GpuDevice.Cuda());
        Assert.Equal("cuda:0: no CUDA device was found (is NVIDIA's driver installed?).", error.Message);
    }

    [Fact]
    public void AnOpenClDeviceThatIsNotThereIsOneLine()
    {
        string message = Assert.Throws<DeviceUnavailableException>(() => GpuDevice.OpenCl(99)).Message;
        Assert.StartsWith("opencl:99: ", message);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void AnUnsupportedDeviceNeedsTheOptIn()
    {
        string? before = Environment.GetEnvironmentVariable(OptIn);
        try
        {
            Environment.SetEnvironmentVariable(OptIn, null);
            GpuDeviceDescription? refused = GpuDevice.List().FirstOrDefault(device => device.Reason.Contains(OptIn, StringComparison.Ordinal));
            if (refused is null) Assert.Skip("no OpenCL device without the generic address space");
            int index = int.Parse(refused.Name["opencl:".Length..], System.Globalization.CultureInfo.InvariantCulture);
            Assert.False(refused.IsUsable);
            Assert.Equal("does not advertise the generic address space; allowed with RESEARCHFREEZE_OPENCL_UNSUPPORTED=1, unsupported", refused.Reason);
            Assert.Contains(refused.Reason, Assert.Throws<DeviceUnavailableException>(() => GpuDevice.OpenCl(index)).Message);
            Assert.True(GpuDevice.List(allowUnsupported: true).Single(device => device.Name == refused.Name).IsUsable);
            Environment.SetEnvironmentVariable(OptIn, "1");
            Assert.True(GpuDevice.List().Single(device => device.Name == refused.Name).IsUsable);
            using GpuDevice device = GpuDevice.OpenCl(index);
            Assert.Equal(refused.Name, device.Name);
        }
        finally
        {
            Environment.SetEnvironmentVariable(OptIn, before);
        }
    }

    [Fact]
    public void ResultsRepeatBitForBit()
    {
        Device device = fixture.OpenCl;
        double[][] first = PrimitiveBench.Run(device, Sums), second = PrimitiveBench.Run(device, Sums);
        for (int i = 0; i < first.Length; i++) Assert.Equal(first[i], second[i]);

        static void Sums(PrimitiveBench b)
        {
            TensorRange x = b.Input(100003), result = b.Output(1);
            b.Device.Norm(NormKind.SquaredL2, x, x, result);
            b.Device.Reduce(new ReduceLayout([100003], 1), 1, x, b.Output(1));
            b.Device.Reduce(new ReduceLayout([5000, 20], 1), 1, x.Slice(0, 100000), b.Output(20));
            b.Device.Gemm(GemmShape.Of(50, 40, 2000), x.Slice(0, 100000), x.Slice(0, 80000), b.Output(2000));
            b.Device.Softmax(100, 1000, x.Slice(0, 100000), b.Output(100000));
        }
    }

    [Fact]
    public void LaunchesAllocateNothing()
    {
        Device device = fixture.OpenCl;
        Storage storage = device.Rent(ElementKind.Real, 100000, MemoryKind.Activation);
        TensorRange x = new(storage, 0, 40000), y = new(storage, 40000, 40000), one = new(storage, 99999, 1);
        // The runtime's first, unoptimised tier boxes (Enum.HasFlag): wait for the second.
        long bytes = 1;
        for (int attempt = 0; attempt < 50 && bytes > 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 20; i++) Step();
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            device.Synchronize();
            Thread.Sleep(10);
        }
        storage.Release();
        Assert.True(bytes == 0, $"{bytes} bytes in 20 steps of 7 primitives.");

        void Step()
        {
            device.Fill(x, 0.5);
            device.Map(MapKernels.Tanh, x, y);
            device.MapBackward(MapKernels.Tanh, x, y, x, x);
            device.Zip(AddFunction.Kernel, new ZipLayout([200, 200], [200], "add"), y, x.Slice(0, 200), y);
            device.Reduce(new ReduceLayout([40000], 1), 1, x, one);
            device.Norm(NormKind.L1, x, x, one);
            device.Gemm(GemmShape.Of(100, 100, 100), x.Slice(0, 10000), x.Slice(10000, 10000), y.Slice(0, 10000));
        }
    }

    [Fact]
    public void DownloadsArriveWhileTheCollectorMovesTheirTarget()
    {
        Device device = fixture.OpenCl;
        const int length = 40000;
        Storage storage = device.Rent(ElementKind.Real, length, MemoryKind.Activation), work = device.Rent(ElementKind.Real, length, MemoryKind.Activation);
        TensorRange x = new(storage, 0, length), square = new(storage, 0, 128 * 128), product = new(work, 0, 128 * 128);
        bool done = false;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref done))
            {
                GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
                Thread.Sleep(1);
            }
        });
        collector.Start();
        int wrong = 0;
        for (int i = 0; i < (TestDevices.IsLong ? 50 : 15); i++)
        {
            device.Fill(x, i);
            device.Gemm(GemmShape.Of(128, 128, 128), square, square, product);   // makes the download wait for some collections
            byte[] below = GC.AllocateUninitializedArray<byte>(10000);           // dies once the target lies above it, so that compacting moves the target
            var values = new float[1000];
            GC.KeepAlive(below);
            device.Download(x.Slice(0, values.Length), values);
            foreach (float value in values) wrong += value == i ? 0 : 1;
        }
        Volatile.Write(ref done, true);
        collector.Join();
        storage.Release();
        work.Release();
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void LargeUploadsAreCutAndKeptApart()
    {
        Device device = fixture.OpenCl;
        const int length = 5_000_001;                              // more than two slots, more than the staging memory after the second
        var values = new float[length];
        Storage first = device.Rent(ElementKind.Real, length, MemoryKind.Activation), second = device.Rent(ElementKind.Real, length, MemoryKind.Activation);
        foreach ((Storage storage, float sign) in new[] { (first, 1f), (second, -1f) })
        {
            for (int i = 0; i < length; i++) values[i] = sign * i;
            device.Upload(values, new TensorRange(storage, 0, length));
            Array.Clear(values);                                   // the caller's array is the caller's again at once
        }
        foreach ((Storage storage, float sign) in new[] { (first, 1f), (second, -1f) })
        {
            device.Download(new TensorRange(storage, 0, length), values);
            for (int i = 0; i < length; i++)
            {
                if (values[i] != sign * i) Assert.Fail($"element {i}: expected {sign * i}, found {values[i]}.");
            }
            storage.Release();
        }
    }

    [Fact]
    public void ADisposedDeviceNamesTheLeakOnceAndTakesItsMemoryBackQuietly()
    {
        GpuDevice device = GpuDevice.Simulator();
        Storage storage = device.Rent(ElementKind.Real, 10, MemoryKind.Activation);
        var leak = Assert.Throws<InvalidOperationException>(device.Dispose);
        Assert.Contains("simulator: 40 bytes are still alive", leak.Message, StringComparison.Ordinal);
        device.Dispose();
        storage.Release();
        Assert.Throws<ObjectDisposedException>(() => device.Rent(ElementKind.Real, 10, MemoryKind.Activation));
    }

    [Fact]
    public void AFormulaThatCannotCompileNamesItself()
    {
        using GpuDevice device = GpuDevice.Simulator();
        Storage storage = device.Rent(ElementKind.Real, 10, MemoryKind.Activation);
        var x = new TensorRange(storage, 0, 10);
        MapKernel kernel = MapKernel.Of("bad", MapUse.None, new AddScalarOp<double>(1), new BadOp(), new BadOp());
        string message = Assert.Throws<NotSupportedException>(() => device.Map(kernel, x, x)).Message;
        Assert.StartsWith("Map of BadOp does not compile for a GPU", message);
        storage.Release();
    }

    [Fact]
    public void IlgpuIsLoadedWithAGpuDeviceOnly()
    {
        var recorder = new Recorder();
        Assembly tests = recorder.LoadFromAssemblyName(typeof(GpuDeviceTests).Assembly.GetName());
        MethodInfo compute = tests.GetType(typeof(NoGpu).FullName!)!.GetMethod(nameof(NoGpu.Compute), BindingFlags.Static | BindingFlags.Public)!;
        compute.Invoke(null, null);
        Assert.Contains("ResearchFreeze.Autograd", recorder.Asked);
        Assert.DoesNotContain(recorder.Asked, name => name.StartsWith("ILGPU", StringComparison.Ordinal));
    }

    private readonly struct BadOp : IMapOp<float>
    {
        public float Apply(float x) => x.ToString(System.Globalization.CultureInfo.InvariantCulture).Length;

        public float Derivative(float x, float y) => 0;

        public System.Numerics.Vector<float> Apply(System.Numerics.Vector<float> x) => x;

        public System.Numerics.Vector<float> Derivative(System.Numerics.Vector<float> x, System.Numerics.Vector<float> y) => x;
    }

    /// <summary>Loads our assemblies a second time and notes which others they ask for.</summary>
    private sealed class Recorder() : AssemblyLoadContext("recorder")
    {
        public List<string> Asked { get; } = [];

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            string name = assemblyName.Name ?? "";
            Asked.Add(name);
            return name.StartsWith("ResearchFreeze.", StringComparison.Ordinal) ? LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, $"{name}.dll")) : null;
        }
    }
}

/// <summary>Every operation without a GPU, forward and backward.</summary>
public static class NoGpu
{
    public static void Compute()
    {
        using var device = new CpuDevice(2);
        foreach (OperationSpec spec in OperationSpecs.All) spec.Verify([device], 1, 42);
    }
}
