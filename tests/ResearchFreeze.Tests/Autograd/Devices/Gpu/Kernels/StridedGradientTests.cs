using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Input gradients of convolutions with a stride: right for every stride, kernel and padding, and without a multiplication for a tap that leads to no pixel.</summary>
[Collection("gpu")]
public sealed class StridedGradientTests(GpuFixture fixture)
{
    private static readonly (int Height, int Width)[] Sizes = [(7, 10), (9, 8)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void TheyAreTheReferences(int kernel)
    {
        using var reference = new ReferenceDevice();
        double[][] expected = PrimitiveBench.Run(reference, Draw), found = PrimitiveBench.Run(fixture.OpenCl, Draw);
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            for (int k = 0; k < expected[i].Length; k++)
            {
                if (!(Math.Abs(expected[i][k] - found[i][k]) <= 1e-5 * (1 + Math.Abs(expected[i][k])))) Assert.Fail($"storage {i}, element {k}: expected {expected[i][k]:R}, found {found[i][k]:R}.");
            }
        }

        void Draw(PrimitiveBench b)
        {
            int turn = 0;
            foreach (Conv2dShape shape in Shapes(kernel))
            {
                b.IsAligned = turn++ % 2 == 0;
                float beta = turn % 3 == 0 ? -0.5f : 0;
                b.Device.Conv2dInputGradient(shape, b.Input(shape.OutputCount), b.Input(shape.WeightCount, scale: 0.1f), b.Output(shape.InputCount, beta), beta);
            }
        }
    }

    [Fact]
    public void EveryPixelIsMadeOnceAndNoTapThatLeadsNowhereIsMultiplied()
    {
        int strided = 0;
        foreach (Conv2dShape shape in Enumerable.Range(1, 5).SelectMany(Shapes))
        {
            if (Multiplied(shape) is not { } found) continue;
            strided++;
            Assert.Equal(Led(shape), found);
        }
        Assert.Equal(5 * Sizes.Length * 3 * 8, strided);            // all but those without a stride
    }

    /// <summary>Of 3×3 taps at stride 2 a pixel is reached by one, two, two or four; all nine were multiplied for each before.</summary>
    [Fact]
    public void AStrideOfTwoTakesAQuarterOfTheMultiplications()
    {
        Conv2dShape three = Conv2dShape.Of([4, 32, 32, 16], [32, 3, 3, 16], 2, 1, 1, 1), shortcut = Conv2dShape.Of([4, 32, 32, 16], [32, 1, 1, 16], 2, 0, 1, 1);
        Assert.Equal(4L * 32 * 32 * 9 * 32 * 16, 4 * Multiplied(three));
        Assert.Equal(4L * 32 * 32 * 1 * 32 * 16, 4 * Multiplied(shortcut));
    }

    /// <summary>A weight gradient's depth is the result's pixels, whatever the stride: each is read once for each tap.</summary>
    [Fact]
    public void AWeightGradientsDepthIsTheResultsPixels()
    {
        Conv2dShape shape = Conv2dShape.Of([2, 9, 8, 8], [8, 3, 3, 8], 2, 0, 1, 1);
        var source = new PixelPatches(ConvolutionArguments.Of(shape), 0);
        var places = new HashSet<(int, int)>();
        TileLine line = source.Line(0, 0);
        int pixels = 2 * shape.OutputHeight * shape.OutputWidth;
        for (int i = 0; i < pixels; i++)
        {
            TileDepth depth = source.Depth(0, i, pixels);
            places.Add((depth.Offset, ((line.Y + depth.Y) * 8) + line.X + depth.X));
        }
        Assert.Equal(pixels, places.Count);
        Assert.Equal(2 * 4 * 3, pixels);
    }

    /// <summary>One group or two, channels that can be read four at a time and others.</summary>
    private static IEnumerable<Conv2dShape> Shapes(int kernel) =>
        from size in Sizes
        from padding in Enumerable.Range(0, 3)
        from strideY in Enumerable.Range(1, 3)
        from strideX in Enumerable.Range(1, 3)
        let groups = padding == 1 ? 2 : 1
        let channels = strideX == 2 ? 9 : 8
        select Conv2dShape.Of([2, size.Height, size.Width, channels * groups], [12 * groups, kernel, kernel, channels], new Size2(strideY, strideX), padding, 1, groups);

    /// <summary>Multiplications of the products that are made, rows beyond the image left out; null where there is no stride. Checks that each pixel is a row of one of them.</summary>
    private static long? Multiplied(Conv2dShape shape)
    {
        if (ProductPlan.OfStridedInputGradient(shape) is not { } plan) return null;
        Assert.Equal(1, plan.Arguments.Chunks);
        var rows = new HashSet<int>();
        long count = 0;
        for (int batch = 0; batch < plan.Arguments.Batches; batch++)
        {
            var source = new StridedGradientPatches(ConvolutionArguments.Of(shape), plan.Arguments.M, 0);
            for (int line = 0; line < plan.Arguments.M; line++)
            {
                int row = source.Row(batch, line);
                if (row < 0) continue;
                Assert.True(rows.Add(row));
                count += (long)source.End(batch, plan.Arguments.K) * shape.GroupChannels;
            }
        }
        Assert.Equal(shape.Batch * shape.Height * shape.Width * shape.Groups, rows.Count);
        return count;
    }

    /// <summary>Multiplications for the taps that lead to a pixel, those from beyond the result's edge included.</summary>
    private static long Led(Conv2dShape shape)
    {
        long taps = 0;
        for (int y = 0; y < shape.Height; y++)
        {
            for (int x = 0; x < shape.Width; x++) taps += Along(y + shape.Padding.Height, shape.Kernel.Height, shape.Stride.Height) * Along(x + shape.Padding.Width, shape.Kernel.Width, shape.Stride.Width);
        }
        return shape.Batch * taps * shape.GroupOutputs * shape.GroupChannels * shape.Groups;

        static int Along(int place, int kernel, int stride) => Enumerable.Range(0, kernel).Count(tap => (place - tap) % stride == 0);
    }
}
