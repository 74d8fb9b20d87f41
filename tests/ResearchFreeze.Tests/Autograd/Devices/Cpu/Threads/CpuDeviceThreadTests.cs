using System.Runtime.InteropServices;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>What threads may and may not change, and what memory is used.</summary>
[Collection(nameof(Alone))]
public sealed class CpuDeviceThreadTests
{
    public static TheoryData<SimdLevel> Levels => [.. Enum.GetValues<SimdLevel>().Where(level => level <= CpuDevice.Best)];

    [Theory]
    [MemberData(nameof(Levels))]
    [EverySimdLevel]
    public void ResultsAreTheSameBitForBitForAnyNumberOfThreads(SimdLevel level)
    {
        List<float[]> expected = Results(1, level);
        foreach (int threads in TestDevices.IsLong ? (int[])[2, 3, 5] : [3])
        {
            List<float[]> found = Results(threads, level);
            for (int i = 0; i < expected.Count; i++)
            {
                ReadOnlySpan<int> bits = MemoryMarshal.Cast<float, int>(expected[i]), other = MemoryMarshal.Cast<float, int>(found[i]);
                int same = bits.CommonPrefixLength(other);
                if (same < bits.Length) Assert.Fail($"{threads} threads: range {i} differs at {same} of {bits.Length}: {found[i][same]:R}, with one thread {expected[i][same]:R}.");
            }
        }

        static List<float[]> Results(int threads, SimdLevel level)
        {
            using var device = new CpuDevice(threads, level);
            using var work = new CpuDeviceWork(device);
            foreach ((_, Action run) in work.Steps) run();
            return [.. work.Contents];
        }
    }

    [Fact]
    [EverySimdLevel]
    public void AnElementDoesNotDependOnWhereItStands()
    {
        using var device = new CpuDevice(1);
        Storage from = device.Rent(ElementKind.Real, 64, MemoryKind.Activation), to = device.Rent(ElementKind.Real, 64, MemoryKind.Activation);
        foreach (MapKernel kernel in (MapKernel[])[MapKernels.Exp, MapKernels.Tanh, MapKernels.Sigmoid])
        {
            device.Fill(new TensorRange(from, 0, 64), 0.7310585);
            for (int length = 1; length <= 40; length++)
            {
                device.Map(kernel, new TensorRange(from, 1, length), new TensorRange(to, 2, length));
                var values = new float[length];
                device.Download(new TensorRange(to, 2, length), values);
                Assert.Single(values.Distinct());
            }
        }
        from.Release();
        to.Release();
    }

    [Theory]
    [MemberData(nameof(Levels))]
    [EverySimdLevel]
    public void ARowOfAProductDoesNotDependOnTheOtherRowsAndColumns(SimdLevel level)
    {
        const int M = 37, N = 70, K = 600;
        using var device = new CpuDevice(2, level);
        var random = new RandomStream(3, "rows");
        Storage a = Reals(M * K), b = Reals(K * N), all = Reals(M * N), one = Reals(N);
        device.Gemm(GemmShape.Of(M, N, K), new TensorRange(a, 0, M * K), new TensorRange(b, 0, K * N), new TensorRange(all, 0, M * N));
        float[] expected = new float[M * N], found = new float[N];
        device.Download(new TensorRange(all, 0, M * N), expected);
        for (int row = 0; row < M; row++)
        {
            foreach (int columns in (int[])[1, 10, 33, N])
            {
                GemmShape shape = GemmShape.Of(1, columns, K) with { LeadingB = N };
                device.Gemm(shape, new TensorRange(a, row * K, K), new TensorRange(b, 0, shape.LengthB), new TensorRange(one, 0, columns));
                device.Download(new TensorRange(one, 0, columns), found.AsSpan(0, columns));
                Assert.Equal(expected[(row * N)..((row * N) + columns)], found[..columns]);
            }
        }
        foreach (Storage storage in (Storage[])[a, b, all, one]) storage.Release();

        Storage Reals(int length)
        {
            Storage storage = device.Rent(ElementKind.Real, length, MemoryKind.Activation);
            var values = new float[length];
            for (int i = 0; i < length; i++) values[i] = (float)random.NextDouble() - 0.5f;
            device.Upload(values, new TensorRange(storage, 0, length));
            return storage;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void ASteadyStepAllocatesNoManagedMemory(int threads)
    {
        using var device = new CpuDevice(threads);
        using var work = new CpuDeviceWork(device);
        foreach ((string name, Action run) in work.Steps)
        {
            for (int i = 0; i < 3; i++) run();

            // Other threads of the test process allocate now and then: none of several tries may be clean only by luck, one clean one is proof.
            long own = long.MaxValue, total = long.MaxValue;
            for (int attempt = 0; attempt < 5 && (own > 0 || total > 0); attempt++)
            {
                long ownBefore = GC.GetAllocatedBytesForCurrentThread(), totalBefore = GC.GetTotalAllocatedBytes(true);
                for (int i = 0; i < 5; i++) run();
                total = Math.Min(total, GC.GetTotalAllocatedBytes(true) - totalBefore);
                own = Math.Min(own, GC.GetAllocatedBytesForCurrentThread() - ownBefore);
            }
            Assert.True(own == 0 && total == 0, $"{name}: {own} bytes by the caller, {total} in all.");
        }
    }

    [Fact]
    public void LiveBytesReturnToWhereTheyBegan()
    {
        using var device = new CpuDevice(2);
        long before = device.Counters.LiveBytes;
        using (var work = new CpuDeviceWork(device))
        {
            foreach ((_, Action run) in work.Steps) run();
        }
        Assert.Equal(before, device.Counters.LiveBytes);
        device.Trim();
        Assert.Equal(0, device.SpareBytes);
    }

    [Fact]
    public void TooMuchMemoryIsReportedAsSuch()
    {
        using var device = new CpuDevice(1);
        var held = new List<Storage>();
        try
        {
            Assert.Throws<OutOfMemoryException>(() =>
            {
                // Address space, not memory, is what is asked for: nothing is touched.
                for (int i = 0; i < 1 << 16; i++) held.Add(device.Rent(ElementKind.Real, Shape.MaxCount, MemoryKind.Activation));
            });
        }
        finally
        {
            foreach (Storage storage in held) storage.Release();
            device.Trim();
        }
    }

    [Fact]
    public void EveryPartRunsOnce()
    {
        using var device = new CpuDevice(4);
        var counts = new int[1000];
        for (int round = 1; round <= 200; round++)
        {
            var work = new Counting { Counts = counts };
            device.Pool.Run(ref work, counts.Length);
            Assert.All(counts, count => Assert.Equal(round, count));
            if (round % 50 == 0) Thread.Sleep(5);      // long enough for the workers to block
        }
    }

    [Fact]
    public void AnExceptionInAWorkerReachesTheCaller()
    {
        using var device = new CpuDevice(3);
        for (int round = 0; round < 20; round++)
        {
            var work = new Failing();
            Assert.Throws<InvalidOperationException>(() => device.Pool.Run(ref work, 30));
            var counting = new Counting { Counts = new int[30] };
            device.Pool.Run(ref counting, 30);
            Assert.All(counting.Counts, count => Assert.Equal(1, count));
        }
    }

    private struct Counting : IParallelWork
    {
        public int[] Counts;

        public readonly void Run(int part, int worker) => Interlocked.Increment(ref Counts[part]);
    }

    private struct Failing : IParallelWork
    {
        public readonly void Run(int part, int worker)
        {
            if (part % 7 == 3) throw new InvalidOperationException("part");
        }
    }
}

/// <summary>Tests that count the process's memory run alone.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
