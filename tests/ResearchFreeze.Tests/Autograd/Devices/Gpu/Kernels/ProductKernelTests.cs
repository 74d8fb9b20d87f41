using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Where the tiled kernel takes another way: large and small tiles, sums in chunks, operands read four elements at a time or one by one. Each case says which way it takes, so that none is left out.</summary>
[Collection("gpu")]
public sealed class ProductKernelTests(GpuFixture fixture)
{
    /// <summary>Extents, batch, the tile that is taken, whether the sum is cut. The tile is passed by its name: the enum is internal.</summary>
    public static TheoryData<int, int, int, int, string, bool> Products => new()
    {
        { 1, 1, 1, 1, "Small", false },
        { 64, 64, 8, 1, "Small", false },
        { 65, 68, 12, 3, "Small", false },
        { 63, 61, 255, 2, "Small", false },
        { 5, 9, 1003, 1, "Small", true },                // a last chunk that is shorter
        { 128, 132, 16, 64, "Large", false },
        { 129, 131, 19, 32, "Large", false },
        { 65, 260, 20, 43, "Large", false },
        { 72, 76, 4096, 8, "Large", true },
        { 65, 1, 3, 1, "Tall16", false },
        { 300, 16, 20, 3, "Tall16", false },
        { 513, 13, 1000, 1, "Tall16", true },
        { 256, 17, 7, 2, "Tall32", false },
        { 130, 32, 516, 1, "Tall32", true },
        { 1, 65, 3, 1, "Flat16", false },
        { 16, 144, 4100, 1, "Flat16", true },
        { 11, 515, 20, 3, "Flat16", false },
        { 32, 132, 9, 2, "Flat32", false },
        { 29, 129, 516, 1, "Flat32", true },
    };

    /// <summary>Channels and outputs of a group, groups, offset, and the tiles of the three directions.</summary>
    public static TheoryData<int, int, int, int, string> Convolutions => new()
    {
        { 72, 80, 16, 0, "Large Large Large" },
        { 73, 65, 16, 1, "Large Large Large" },
        { 40, 36, 1, 0, "Small Small Small" },
        { 16, 12, 2, 0, "Tall16 Tall16 Small" },         // 12 by 32 weights
        { 48, 16, 1, 0, "Tall16 Small Flat16" },
        { 3, 32, 1, 0, "Tall32 Tall16 Small" },
        { 33, 30, 1, 1, "Tall32 Small Flat32" },
    };

    [Theory]
    [MemberData(nameof(Products))]
    public void ProductsAreRightEitherWay(int m, int n, int k, int batch, string tile, bool isCut)
    {
        ProductPlan plan = ProductPlan.Of(m, n, k, batch);
        Assert.Equal((tile, isCut), (plan.Tile.ToString(), plan.Arguments.Chunks > 1));
        for (int way = 0; way < 8; way++)
        {
            bool transposeA = (way & 1) != 0, transposeB = (way & 2) != 0;
            int offset = way >> 2;                       // 0: four at a time where the extents allow it; 1: never
            GemmShape shape = GemmShape.Of(m, n, k, transposeA, transposeB).Batched(batch, m * k, k * n, m * n);
            float beta = way % 3 == 0 ? 0 : -0.5f;
            Activation activation = way % 3 == 0 ? (Activation)(way % 4) : Activation.None;
            Compare(batch * m * n, k, (device, values) =>
            {
                TensorRange a = values.Input(batch * m * k, offset), b = values.Input(batch * k * n, offset), bias = values.Input(n, 0), c = values.Input(batch * m * n, offset);
                device.Gemm(shape, a, b, c, beta, way % 2 == 0 ? bias : null, activation);
                return c;
            });
        }
    }

    [Theory]
    [MemberData(nameof(Convolutions))]
    public void ConvolutionsAreRightInEveryTile(int channels, int outputs, int groups, int offset, string tiles)
    {
        Conv2dShape shape = Conv2dShape.Of([4, 16, 17, channels * groups], [outputs * groups, 1, 2, channels], stride: 1, padding: new Size2(0, 1), dilation: 1, groups);
        int pixels = 4 * 16 * shape.OutputWidth;
        ProductPlan forward = ProductPlan.Of(pixels, outputs, 2 * channels, groups), input = ProductPlan.Of(4 * 16 * 17, channels, 2 * outputs, groups), weight = ProductPlan.Of(outputs, 2 * channels, pixels, groups);
        Assert.Equal(tiles, $"{forward.Tile} {input.Tile} {weight.Tile}");
        Compare(shape.OutputCount, 2 * channels, (device, values) =>
        {
            TensorRange y = values.Input(shape.OutputCount, offset);
            device.Conv2d(shape, values.Input(shape.InputCount, offset), values.Input(shape.WeightCount, offset), values.Input(shape.Outputs, 0), y, Activation.Relu);
            return y;
        });
        Compare(shape.InputCount, 2 * outputs, (device, values) =>
        {
            TensorRange dx = values.Input(shape.InputCount, offset);
            device.Conv2dInputGradient(shape, values.Input(shape.OutputCount, offset), values.Input(shape.WeightCount, offset), dx, -0.5f);
            return dx;
        });
        Compare(shape.WeightCount, pixels, (device, values) =>
        {
            TensorRange dw = values.Input(shape.WeightCount, offset);
            device.Conv2dWeightGradient(shape, values.Input(shape.InputCount, offset), values.Input(shape.OutputCount, offset), dw, 0.5f);
            return dw;
        });
    }

    [Fact]
    public void ChunksCoverTheSumAndFitTheirSpace()
    {
        foreach (int k in new[] { 0, 1, 7, 8, 127, 128, 255, 256, 1000, 4095, 4096, 4097, 131_072, 10_000_019 })
        {
            foreach ((int m, int n, int batch) in new[] { (1, 1, 1), (16, 144, 1), (64, 64, 3), (65, 65, 40), (4096, 4096, 1), (1, 1, 60_000) })
            {
                ProductPlan plan = ProductPlan.Of(m, n, k, batch);
                ProductArguments p = plan.Arguments;
                Assert.True(p.Chunk % 8 == 0 && (long)p.Chunk * p.Chunks >= k && (k == 0 || (long)p.Chunk * (p.Chunks - 1) < k), $"{m}×{n}×{k}: {p.Chunks} chunks of {p.Chunk}");
                Assert.InRange((long)plan.SumCount, 0, 1 << 24);
            }
        }
    }

    /// <summary>The same work on the CPU, which is held to the reference elsewhere and is a hundred times faster, and on the device: what it returns agrees within what sums of so many terms in (−1, 1) may lose, and the second time bit for bit.</summary>
    private void Compare(int count, int terms, Func<Device, Values, TensorRange> work)
    {
        using var cpu = new CpuDevice(2);
        GpuDevice device = fixture.OpenCl;
        double[] expected = Run(cpu), found = Run(device);
        Assert.Equal(found, Run(device));
        // What runs is also assembled for a card.
        foreach (string kernel in device.Kernels.Snapshot().Keys.Where(kernel => kernel.StartsWith("ProductKernels.", StringComparison.Ordinal))) Assert.Contains(kernel, GpuPtx.Kernels.Keys);
        double allowed = 2e-6 * Math.Max(1, Math.Sqrt(terms));
        for (int i = 0; i < count; i++)
        {
            if (!(Math.Abs(expected[i] - found[i]) <= allowed)) Assert.Fail($"element {i} of {count}: expected {expected[i]:R}, found {found[i]:R}.");
        }

        double[] Run(Device on)
        {
            using var values = new Values(on);
            var result = new double[count];
            on.Download(work(on, values), result);
            return result;
        }
    }

    /// <summary>Ranges of values in (−1, 1), the same on every device.</summary>
    private sealed class Values(Device device) : IDisposable
    {
        private readonly List<Storage> storages = [];
        private uint state = 4711;

        public TensorRange Input(int length, int offset)
        {
            Storage storage = device.Rent(ElementKind.Real, length + offset, MemoryKind.Activation);
            storages.Add(storage);
            var values = new float[length];
            for (int i = 0; i < length; i++)
            {
                state = (state * 1664525) + 1013904223;
                values[i] = ((state >> 8) / 8388608f) - 1;
            }
            var range = new TensorRange(storage, offset, length);
            device.Upload(values, range);
            return range;
        }

        public void Dispose()
        {
            foreach (Storage storage in storages) storage.Release();
        }
    }
}
