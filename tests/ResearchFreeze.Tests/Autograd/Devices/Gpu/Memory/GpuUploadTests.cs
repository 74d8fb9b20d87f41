using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Uploads beside work that is still going on: the right values at the right time, and what the host waits for.</summary>
[Collection("gpu")]
public sealed class GpuUploadTests(GpuFixture fixture)
{
    private const int Side = 256, Large = (2 * GpuUploads.PieceLength) + 12345;

    [Theory]
    [InlineData(1000)]                              // in order with the work
    [InlineData(GpuUploads.SmallLength + 1)]        // by a landing buffer
    [InlineData(Large)]                             // by a landing buffer, in three pieces
    public void ValuesArriveInTimeThoughTheirPlaceIsStillInUse(int length)
    {
        GpuDevice device = fixture.OpenCl;
        using var work = new Work(device, length);
        var values = new float[length];
        for (int round = 1; round <= 6; round++)
        {
            for (int i = 0; i < length; i++) values[i] = Value(round, i);
            work.DelayThenAdd(values);
            // The array is the caller's again at once.
            Array.Fill(values, float.NaN);
        }
        device.Download(work.Sum, values);
        for (int i = 0; i < length; i++)
        {
            float expected = 0;
            for (int round = 1; round <= 6; round++) expected += Value(round, i);
            if (values[i] != expected) Assert.Fail($"element {i}: {values[i]}, expected {expected}");
        }

        static float Value(int round, int i) => (round * 1024) + (i % 1021);
    }

    [Fact]
    public void ThreeBatchesInARowDoNotOverwriteEachOther()
    {
        GpuDevice device = fixture.OpenCl;
        const int length = GpuUploads.SmallLength * 2, batches = 5;
        using var work = new Work(device, length * batches);
        float[] values = new float[length], result = new float[length * batches];
        // The copies out of the landing buffers queue up behind this.
        for (int i = 0; i < 20; i++) work.Delay();
        for (int batch = 0; batch < batches; batch++)
        {
            Array.Fill(values, batch + 1);
            device.Upload(values, work.Sum.Slice(batch * length, length));
        }
        device.Download(work.Sum, result);
        for (int i = 0; i < result.Length; i++)
        {
            if (result[i] != (i / length) + 1) Assert.Fail($"element {i}: {result[i]}, expected {(i / length) + 1}");
        }
    }

    [Fact]
    public void ASteadyLoopNeverWaitsForAllWork()
    {
        GpuDevice device = fixture.OpenCl;
        using var work = new Work(device, GpuUploads.SmallLength * 2);
        var values = new float[work.Sum.Length];
        work.DelayThenAdd(values);
        device.Synchronize();
        (int all, int transfers, int markers) = (device.WorkWaits, device.Uploads.TransferWaits, device.Uploads.MarkerWaits);
        for (int step = 0; step < 10; step++)
        {
            work.DelayThenAdd(values);
            device.Upload(values.AsSpan(0, 100), work.Sum.Slice(0, 100));
        }
        Assert.Equal(all, device.WorkWaits);
        Assert.Equal(transfers + 10, device.Uploads.TransferWaits);
        // The first two uploads find both landing buffers free; from then on, each makes sure of the upload before the last.
        Assert.Equal(markers + 8, device.Uploads.MarkerWaits);
        device.Synchronize();
    }

    [Fact]
    public void SmallUploadsGoRoundTheirMemoryWithoutWaitingForAllWork()
    {
        GpuDevice device = fixture.OpenCl;
        const int length = GpuUploads.SmallLength, rounds = 20;
        using var work = new Work(device, length * rounds);
        var values = new float[length];
        work.Delay();                                          // the product's work space may have to grow, once
        device.Synchronize();
        int all = device.WorkWaits;
        for (int round = 0; round < rounds; round++)
        {
            if (round % 5 == 0) work.Delay();
            Array.Fill(values, round);
            device.Upload(values, work.Sum.Slice(round * length, length));
        }
        Assert.Equal(all, device.WorkWaits);
        var result = new float[length * rounds];
        device.Download(work.Sum, result);
        for (int i = 0; i < result.Length; i++)
        {
            if (result[i] != i / length) Assert.Fail($"element {i}: {result[i]}, expected {i / length}");
        }
    }

    [Fact]
    public void DoublesAndIntegersOfAnySizeArriveAnywhere()
    {
        GpuDevice device = fixture.OpenCl;
        foreach (int length in new[] { 7, GpuUploads.SmallLength + 3, (GpuUploads.SmallLength * 3) + 1, GpuUploads.PieceLength + 5, 100_000 })
        {
            double[] reals = [.. Enumerable.Range(0, length).Select(i => i + 0.25)];
            // Not numbers as reals, some of them: their bits must stay what they are.
            int[] integers = [.. Enumerable.Range(0, length).Select(i => i % 3 == 0 ? 0x7F800001 + i : -i)];
            Storage real = device.Rent(ElementKind.Real, length + 11, MemoryKind.Activation), integer = device.Rent(ElementKind.Int32, length + 11, MemoryKind.Activation);
            device.Upload(reals, new TensorRange(real, 5, length));
            device.Upload(integers, new TensorRange(integer, 11, length));
            var realsBack = new double[length];
            var integersBack = new int[length];
            device.Download(new TensorRange(real, 5, length), realsBack);
            device.Download(new TensorRange(integer, 11, length), integersBack);
            real.Release();
            integer.Release();
            Assert.Equal(reals, realsBack);
            Assert.Equal(integers, integersBack);
        }
    }

    [Fact]
    public void WithoutALandingBufferALargeUploadTakesItsTurn()
    {
        using GpuDevice device = fixture.NewOpenCl();
        device.Uploads.LargestLanding = GpuUploads.SmallLength;
        using var work = new Work(device, GpuUploads.PieceLength + 1);
        float[] values = [.. Enumerable.Range(0, work.Sum.Length).Select(i => (float)i)];
        work.DelayThenAdd(values);
        var result = new float[values.Length];
        device.Download(work.Sum, result);
        Assert.Equal(values, result);
        Assert.Equal(0, device.Uploads.TransferWaits);
    }

    [Fact]
    public void WhereThereIsNoMemoryForALandingBufferALargeUploadTakesItsTurn()
    {
        using GpuDevice device = fixture.NewOpenCl();
        const int length = GpuUploads.SmallLength * 4, small = GpuUploads.SmallLength + 1;
        using var work = new Work(device, length);
        float[] values = [.. Enumerable.Range(0, length).Select(i => (float)i)], result = new float[length];
        work.DelayThenAdd(new float[length]);                  // both landing buffers are taken, and the product's work space
        work.DelayThenAdd(new float[length]);
        device.Upload(new float[small], work.Sum.Slice(0, small));
        int transfers = device.Uploads.TransferWaits;
        Assert.Equal(3, transfers);

        // A larger one than the buffers there are: the old buffer is given back first, and what is left is not enough.
        Storage storage = device.Rent(ElementKind.Real, length + 1, MemoryKind.Activation);
        device.MemoryLimit = device.TakenBytes;
        var place = new TensorRange(storage, 0, length + 1);
        float[] more = [.. values, -1], moreBack = new float[length + 1];
        work.Delay();
        device.Upload(more, place);
        Array.Fill(more, float.NaN);
        device.Download(place, moreBack);
        Assert.Equal([.. values, -1], moreBack);
        Assert.Equal((transfers, length), (device.Uploads.TransferWaits, device.Uploads.LargestLanding));

        // Never asked for again, also where there would be memory now; a smaller upload lands as before.
        device.MemoryLimit = long.MaxValue;
        device.Upload(moreBack, place);
        Assert.Equal(transfers, device.Uploads.TransferWaits);
        for (int round = 0; round < 3; round++) work.DelayThenAdd(values);
        device.Download(work.Sum, result);
        Assert.Equal([.. values.Select(value => 3 * value)], result);
        Assert.Equal(transfers + 3, device.Uploads.TransferWaits);
        storage.Release();
    }

    [Fact]
    public void ALandingBufferMayTakeWhatThePoolHasSpare()
    {
        using GpuDevice device = GpuDevice.Simulator();
        const int length = GpuUploads.SmallLength * 2;
        Storage storage = device.Rent(ElementKind.Real, length, MemoryKind.Activation);
        device.Rent(ElementKind.Real, length * 2, MemoryKind.Activation).Release();
        device.MemoryLimit = device.TakenBytes;
        float[] values = [.. Enumerable.Range(0, length).Select(i => (float)i)], result = new float[length];
        device.Upload(values, new TensorRange(storage, 0, length));
        device.Download(new TensorRange(storage, 0, length), result);
        Assert.Equal(values, result);
        Assert.Equal((1, 0L), (device.Uploads.TransferWaits, device.SpareBytes));
        storage.Release();
    }

    [Fact]
    public void TheSimulatorTakesBothWays()
    {
        using GpuDevice device = GpuDevice.Simulator();
        Storage storage = device.Rent(ElementKind.Real, Large, MemoryKind.Activation);
        foreach (int length in new[] { 10, Large, GpuUploads.SmallLength + 1, Large })
        {
            float[] values = [.. Enumerable.Range(length, length).Select(i => (float)i)], result = new float[length];
            device.Upload(values, new TensorRange(storage, 0, length));
            device.Download(new TensorRange(storage, 0, length), result);
            Assert.Equal(values, result);
        }
        storage.Release();
        Assert.Equal(3, device.Uploads.TransferWaits);
    }

    [Fact]
    public void TrimmingTakesNoMemoryFromWorkThatWasIssued()
    {
        GpuDevice device = fixture.OpenCl;
        const int length = Side * Side;
        using var work = new Work(device, length);
        float[] values = [.. Enumerable.Range(0, length).Select(i => (float)(i % 100))], result = new float[length];
        for (int round = 0; round < 3; round++)
        {
            Storage spare = device.Rent(ElementKind.Real, length, MemoryKind.Activation);
            TensorRange x = new(spare, 0, length);
            device.Upload(values, x);
            work.Delay();
            device.Copy(x, work.Sum);
            spare.Release();
            device.Trim();
            Assert.Equal(0, device.SpareBytes);
            Storage other = device.Rent(ElementKind.Real, length, MemoryKind.Activation);
            device.Fill(new TensorRange(other, 0, length), -1);
            device.Download(work.Sum, result);
            other.Release();
            Assert.Equal(values, result);
        }
    }

    /// <summary>A place that uploads are written to, a sum that they are added to, and a product that takes its time.</summary>
    private sealed class Work : IDisposable
    {
        private readonly GpuDevice device;
        private readonly Storage storage, factors;
        private readonly TensorRange place, a, b;

        public Work(GpuDevice device, int length)
        {
            this.device = device;
            storage = device.Rent(ElementKind.Real, 2 * length, MemoryKind.Activation);
            factors = device.Rent(ElementKind.Real, 2 * Side * Side, MemoryKind.Activation);
            (place, Sum) = (new TensorRange(storage, 0, length), new TensorRange(storage, length, length));
            (a, b) = (new TensorRange(factors, 0, Side * Side), new TensorRange(factors, Side * Side, Side * Side));
            device.Fill(new TensorRange(storage, 0, 2 * length), 0);
            device.Fill(new TensorRange(factors, 0, 2 * Side * Side), 0.5);
        }

        public TensorRange Sum { get; }

        public void Delay() => device.Gemm(GemmShape.Of(Side, Side, Side), a, a, b);

        public void DelayThenAdd(float[] values)
        {
            device.Upload(values, place);
            Delay();
            device.AddScaled(1, place, 1, Sum);
        }

        public void Dispose()
        {
            storage.Release();
            factors.Release();
        }
    }
}
