using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>What is the CPU device's own; its primitives are in <see cref="CpuPrimitiveParityTests"/>.</summary>
[EverySimdLevel]
public sealed class CpuDeviceTests
{
    [Fact]
    public void EveryOperationIsRight()
    {
        // A few cases here, for the lesser processors too; the operations' own tests draw many.
        using var device = new CpuDevice(2);
        foreach (OperationSpec spec in OperationSpecs.All) spec.Verify([device], 3, TestDevices.Seed);
    }

    [Fact]
    public void BestLevelIsWhatTheEnvironmentAllows()
    {
        string? expected = Environment.GetEnvironmentVariable(CpuDeviceProcessTests.ExpectedLevel);
        Assert.SkipUnless(CpuDeviceProcessTests.IsChild, $"Only in a child process, where {CpuDeviceProcessTests.ExpectedLevel} is set.");
        Assert.Equal(expected, CpuDevice.Best.ToString());
    }

    [Fact]
    public void DescriptionNamesLevelAndThreads()
    {
        using var device = new CpuDevice(2, SimdLevel.Vector128);
        Assert.Equal("cpu (128-bit vectors, 2 threads)", device.ToString());
        Assert.Equal((2, SimdLevel.Vector128, true), (device.Threads, device.SimdLevel, device.IsSynchronous));
        using var all = new CpuDevice();
        Assert.Equal((Environment.ProcessorCount, CpuDevice.Best), (all.Threads, all.SimdLevel));
    }

    [Fact]
    public void AMissingLevelIsUnavailable()
    {
        Assert.SkipWhen(CpuDevice.Best == SimdLevel.Avx512, "This processor has every level; a child process without them runs this.");
        Assert.Throws<DeviceUnavailableException>(() => new CpuDevice(1, SimdLevel.Avx512));
    }

    /// <summary>Beyond what AVX-512 reads in place, with remainders of both operands: some of the elements against sums in double.</summary>
    [Fact]
    public void ProductsOfPackedMatricesAreRight()
    {
        (int m, int n, int k) = CpuDeviceProcessTests.IsChild ? (61, 81, 301) : (521, 531, 541);
        Assert.True(CpuDeviceProcessTests.IsChild || Math.Min(m, n) * k > GemmAvx512.Resident);
        using var device = new CpuDevice(2);
        var random = new RandomStream(TestDevices.Seed, "packed");
        float[] a = Draw(m * k), b = Draw(n * k), found = new float[m * n];
        for (int transpose = 0; transpose < 4; transpose++)
        {
            GemmShape shape = GemmShape.Of(m, n, k, (transpose & 1) != 0, (transpose & 2) != 0);
            Storage left = Uploaded(a), right = Uploaded(b), result = device.Rent(ElementKind.Real, m * n, MemoryKind.Activation);
            device.Gemm(shape, new TensorRange(left, 0, m * k), new TensorRange(right, 0, n * k), new TensorRange(result, 0, m * n));
            device.Download(new TensorRange(result, 0, m * n), found);
            for (int at = 0; at < m * n; at += 97)
            {
                (int row, int column) = Math.DivRem(at, n);
                double expected = 0;
                for (int i = 0; i < k; i++) expected += (double)a[shape.TransposeA ? (i * m) + row : (row * k) + i] * b[shape.TransposeB ? (column * k) + i : (i * n) + column];
                Assert.Equal(expected, found[at], 1e-4);
            }
            foreach (Storage storage in (Storage[])[left, right, result]) storage.Release();
        }

        float[] Draw(int length) => [.. Enumerable.Range(0, length).Select(_ => (float)random.NextDouble() - 0.5f)];

        Storage Uploaded(float[] values)
        {
            Storage storage = device.Rent(ElementKind.Real, values.Length, MemoryKind.Activation);
            device.Upload(values, new TensorRange(storage, 0, values.Length));
            return storage;
        }
    }

    [Fact]
    public void MemoryIsAligned()
    {
        using var device = new CpuDevice(1);
        foreach (int length in (int[])[0, 1, 17, 1000])
        {
            Storage storage = device.Rent(ElementKind.Real, length, MemoryKind.Activation);
            unsafe
            {
                Assert.Equal(0, (long)((CpuStorage)storage).Reals % 64);
            }
            storage.Release();
        }
        Assert.Equal(0, device.Counters.LiveBytes);
    }
}
