using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// Products and convolutions by matrix instructions, on OpenCL by the instruction's portable twin: against the CPU, whose operands the host has rounded. Edges, transposes, tiles, chunks, strides of the batch, bias, activation and
/// beta, aligned and not. Each case says which way it takes. On a card (RESEARCHFREEZE_GPU) the same tests run the instruction itself.
/// </summary>
[Collection("gpu")]
public sealed class CoreKernelTests(GpuFixture fixture)
{
    private static readonly Precision[] Rounded = [Precision.TF32, Precision.BFloat16];

    /// <summary>Extents, batch, the tile that is taken, whether the sum is cut.</summary>
    public static TheoryData<int, int, int, int, string, bool> Products => new()
    {
        { 1, 1, 1, 1, "SmallCore", false },
        { 5, 6, 0, 1, "SmallCore", false },
        { 64, 64, 32, 1, "SmallCore", false },
        { 65, 68, 36, 3, "SmallCore", false },
        { 63, 61, 95, 2, "SmallCore", false },
        { 17, 33, 8, 5, "SmallCore", false },
        { 5, 9, 1003, 1, "SmallCore", true },              // a last chunk that is shorter, by less than a step
        { 128, 132, 16, 64, "LargeCore", false },
        { 129, 131, 19, 32, "LargeCore", false },
        { 72, 76, 4096, 8, "LargeCore", true },
        { 300, 16, 20, 3, "TallCore", false },
        { 513, 13, 1000, 1, "TallCore", true },
        { 130, 32, 516, 1, "TallCore", true },
        { 16, 144, 1100, 1, "FlatCore", true },
        { 11, 515, 20, 3, "FlatCore", false },
        { 32, 132, 9, 2, "FlatCore", false },
    };

    /// <summary>Channels and outputs of a group, groups, offset, kernel, stride, and the tiles of the three directions.</summary>
    public static TheoryData<int, int, int, int, int, int, string> Convolutions => new()
    {
        { 72, 80, 16, 0, 2, 1, "LargeCore LargeCore LargeCore" },
        { 40, 36, 1, 0, 3, 1, "SmallCore SmallCore SmallCore" },
        { 9, 13, 2, 1, 3, 2, "TallCore TallCore FlatCore" },
        { 48, 16, 1, 0, 2, 2, "TallCore SmallCore FlatCore" },
        { 3, 32, 1, 0, 3, 1, "TallCore TallCore SmallCore" },
    };

    [Theory]
    [MemberData(nameof(Products))]
    public void ProductsAreThoseOfRoundedOperands(int m, int n, int k, int batch, string tile, bool isCut)
    {
        foreach (Precision precision in Taken(m))
        {
            ProductPlan plan = ProductPlan.Of(m, n, k, batch, precision);
            Assert.Equal((tile, isCut), (plan.Tile.ToString(), plan.Arguments.Chunks > 1));
            // A kernel takes PoCL a second and more: in the short form each case has one way of its own, which together are all of them.
            foreach (int way in TestDevices.IsLong ? Enumerable.Range(0, 8) : [(m + n + k + batch) % 8])
            {
                int offset = way >> 2;                     // 0: four at a time where the extents allow it; 1: never
                GemmShape shape = GemmShape.Of(m, n, k, (way & 1) != 0, (way & 2) != 0).Batched(batch, m * k, k * n, m * n);
                bool isFresh = way % 3 == 0;
                Compare(precision, batch * m * n, k, (device, values) =>
                {
                    TensorRange a = values.Operand(batch * m * k, offset), b = values.Operand(batch * k * n, offset), bias = values.Input(n, 0), c = values.Input(batch * m * n, offset);
                    device.Gemm(shape, a, b, c, isFresh ? 0 : -0.5f, way % 2 == 0 ? bias : null, isFresh ? (Activation)(way % 4) : Activation.None);
                    return c;
                });
            }
        }
    }

    [Theory]
    [MemberData(nameof(Convolutions))]
    public void ConvolutionsAreThoseOfRoundedOperands(int channels, int outputs, int groups, int offset, int kernel, int stride, string tiles)
    {
        (int batch, int size) = groups > 4 ? (4, 16) : (2, 11);
        if (!TestDevices.IsLong && channels is not (9 or 40)) Assert.Skip("in the long form: three kernels each, and large tiles take a thousand million multiplications");
        Conv2dShape shape = Conv2dShape.Of([batch, size, size + 1, channels * groups], [outputs * groups, kernel, kernel, channels], stride, new Size2(kernel / 2, 1), dilation: 1, groups);
        int pixels = batch * shape.OutputHeight * shape.OutputWidth, taps = kernel * kernel;
        foreach (Precision precision in Taken(channels))
        {
            ProductPlan forward = ProductPlan.Of(pixels, outputs, taps * channels, groups, precision), input = ProductPlan.OfStridedInputGradient(shape, precision) ?? ProductPlan.Of(batch * size * (size + 1), channels, taps * outputs, groups, precision);
            ProductPlan weight = ProductPlan.Of(outputs, taps * channels, pixels, groups, precision);
            Assert.Equal(tiles, $"{forward.Tile} {input.Tile} {weight.Tile}");
            // The CPU's own algorithm for 3×3 kernels rounds more than a product does.
            bool isPlain = kernel != 3;
            Compare(precision, shape.OutputCount, taps * channels, (device, values) =>
            {
                TensorRange x = values.Operand(shape.InputCount, offset), w = values.Operand(shape.WeightCount, offset), bias = values.Input(shape.Outputs, 0), y = values.Input(shape.OutputCount, offset);
                device.Conv2d(shape, x, w, bias, y, Activation.Relu);
                return y;
            }, isPlain);
            Compare(precision, shape.InputCount, taps * outputs, (device, values) =>
            {
                TensorRange dy = values.Operand(shape.OutputCount, offset), w = values.Operand(shape.WeightCount, offset), dx = values.Input(shape.InputCount, offset);
                device.Conv2dInputGradient(shape, dy, w, dx, -0.5f);
                return dx;
            }, isPlain);
            Compare(precision, shape.WeightCount, pixels, (device, values) =>
            {
                TensorRange x = values.Operand(shape.InputCount, offset), dy = values.Operand(shape.OutputCount, offset), dw = values.Input(shape.WeightCount, offset);
                device.Conv2dWeightGradient(shape, x, dy, dw, 0.5f);
                return dw;
            }, isPlain);
        }
    }

    /// <summary>A product of one operand with ones shows what became of it: also ties, infinity and what is no number.</summary>
    [Fact]
    public void WhatIsNotFiniteStaysSo()
    {
        float[] values = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, BitConverter.UInt32BitsToSingle(0x7FFFFFFF), BitConverter.UInt32BitsToSingle(0xFF800001), float.MaxValue];
        foreach (Precision precision in Rounded)
        {
            using GpuDevice device = fixture.NewOpenCl(precision);
            using var held = new Held(device);
            TensorRange a = held.Of(values), b = held.Of(1), c = held.Of(new float[values.Length]);
            device.Gemm(GemmShape.Of(values.Length, 1, 1), a, b, c, 0);
            var found = new float[values.Length];
            device.Download(c, found);
            Assert.Equal([float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.NaN, float.NaN, float.PositiveInfinity], found);
        }
    }

    /// <summary>Rounding on the host, in a kernel and in plain words are one thing.</summary>
    [Fact]
    public void RoundingIsThatOfTheFormat()
    {
        var random = new RandomStream(3, "rounding");
        foreach (uint bits in (uint[])[0, 0x80000000, 1, 0x7F7FFFFF, 0x3F800FFF, 0x3F801000, 0x3F801001, 0x3F803000, 0x3F808000, 0x3F818000, 0x3F807FFF, 0x3F808001, .. Enumerable.Range(0, 2000).Select(_ => (uint)random.NextInt32(int.MaxValue) * 2)])
        {
            float value = BitConverter.UInt32BitsToSingle(bits);
            if (!float.IsFinite(value)) continue;
            Assert.Equal(BitConverter.SingleToUInt32Bits(Precisions.Round(value, Precision.TF32)), Rounding.ToTf32(value));
            Assert.Equal(BitConverter.SingleToUInt32Bits(Precisions.Round(value, Precision.BFloat16)), Rounding.ToBFloat16(value) << 16);
            Assert.Equal(value, Precisions.Round(value, Precision.Float32));
            // By the distance to the neighbours, in double: nothing nearer, and of two the one that the format takes.
            AssertNearest(value, Precisions.Round(value, Precision.TF32), 13, (_, magnitude) => magnitude);
            AssertNearest(value, Precisions.Round(value, Precision.BFloat16), 16, (isEven, _) => isEven);
        }
        Assert.True(float.IsNaN(Precisions.Round(float.NaN, Precision.TF32)) && float.IsInfinity(Precisions.Round(float.MaxValue, Precision.BFloat16)));

        static void AssertNearest(float value, float found, int rest, Func<bool, bool, bool> takes)
        {
            uint bits = BitConverter.SingleToUInt32Bits(value), below = bits >> rest << rest, above = below + (1u << rest);
            float low = BitConverter.UInt32BitsToSingle(below), high = BitConverter.UInt32BitsToSingle(above);
            if (float.IsInfinity(high)) return;
            double toLow = Math.Abs((double)value - low), toHigh = Math.Abs((double)high - value);
            bool isHigh = toHigh < toLow || (toHigh == toLow && takes((above >> rest & 1) == 0, true));
            Assert.Equal(isHigh ? high : low, found);
        }
    }

    [Fact]
    public void ADeviceThatCannotSaysSoInOneLine()
    {
        foreach (Precision precision in Rounded)
        {
            string message = Assert.Throws<DeviceUnavailableException>(() => ResearchFreeze.Autograd.Devices.Create("cpu", precision: precision)).Message;
            Assert.StartsWith($"cpu: computes in float32 only; precision {Precisions.NameOf(precision)} takes", message, StringComparison.Ordinal);
            Assert.Equal($"precision {Precisions.NameOf(precision)} takes a card of compute capability 8.0 or later, and T4 is of 7.5.", GpuDrivers.CannotRound("T4", ILGPU.Runtime.Cuda.CudaArchitecture.SM_75, false, precision));
            Assert.Contains("unknown one", GpuDrivers.CannotRound("X", null, false, precision));
            Assert.Null(GpuDrivers.CannotRound("A100", ILGPU.Runtime.Cuda.CudaArchitecture.SM_80, false, precision));
            Assert.Null(GpuDrivers.CannotRound("H200", ILGPU.Runtime.Cuda.CudaArchitecture.SM_90, false, precision));
            Assert.StartsWith("cuBLAS", GpuDrivers.CannotRound("H200", ILGPU.Runtime.Cuda.CudaArchitecture.SM_90, true, precision), StringComparison.Ordinal);
        }
        Assert.Null(GpuDrivers.CannotRound("T4", ILGPU.Runtime.Cuda.CudaArchitecture.SM_75, true, Precision.Float32));
        Assert.Equal("Precision 'half' is unknown; known are float32, tf32, bf16.", Assert.Throws<ArgumentException>(() => Precisions.Parse("half")).Message);
        Assert.All(Enum.GetValues<Precision>(), precision => Assert.Equal(precision, Precisions.Parse(Precisions.NameOf(precision))));
    }

    /// <summary>Both in the long form, one or the other elsewhere: a kernel takes a second to compile for PoCL.</summary>
    private static Precision[] Taken(int turn) => TestDevices.IsLong ? Rounded : [Rounded[turn % 2]];

    private void Compare(Precision precision, int count, int terms, Func<Device, Values, TensorRange> work, bool isPlain = true)
    {
        using Device cpu = isPlain ? new CpuDevice(2) : new ReferenceDevice();
        GpuDevice device = fixture.OpenClIn(precision);
        double[] expected = Run(cpu), found = Run(device);
        Assert.Equal(found, Run(device));
        double allowed = 2e-6 * Math.Max(1, Math.Sqrt(terms));
        for (int i = 0; i < count; i++)
        {
            if (!(Math.Abs(expected[i] - found[i]) <= allowed)) Assert.Fail($"{precision}, element {i} of {count}: expected {expected[i]:R}, found {found[i]:R}.");
        }

        double[] Run(Device on)
        {
            using var values = new Values(on, on.Precision == Precision.Float32 ? precision : Precision.Float32);
            var result = new double[count];
            on.Download(work(on, values), result);
            return result;
        }
    }

    /// <summary>Ranges that are given back.</summary>
    private class Held(Device device) : IDisposable
    {
        private readonly List<Storage> storages = [];

        public TensorRange Of(params float[] values) => Of(values, 0);

        public void Dispose() => storages.ForEach(storage => storage.Release());

        protected TensorRange Of(float[] values, int offset)
        {
            Storage storage = device.Rent(ElementKind.Real, values.Length + offset, MemoryKind.Activation);
            storages.Add(storage);
            var range = new TensorRange(storage, offset, values.Length);
            device.Upload(values, range);
            return range;
        }
    }

    /// <summary>Ranges of values in (−1, 1), the same on every device; operands rounded by the host where the device does not.</summary>
    private sealed class Values(Device device, Precision rounded) : Held(device)
    {
        private uint state = 4711;

        public TensorRange Operand(int length, int offset) => Of(Array.ConvertAll(Draw(length), value => Precisions.Round(value, rounded)), offset);

        public TensorRange Input(int length, int offset) => Of(Draw(length), offset);

        private float[] Draw(int length)
        {
            var values = new float[length];
            for (int i = 0; i < length; i++)
            {
                state = (state * 1664525) + 1013904223;
                values[i] = ((state >> 8) / 8388608f) - 1;
            }
            return values;
        }
    }
}
