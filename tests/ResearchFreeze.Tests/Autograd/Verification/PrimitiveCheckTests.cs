using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

public sealed class PrimitiveCheckTests
{
    [Fact]
    public void EveryPrimitiveIsDescribedOnce() => Assert.Equal(Enum.GetValues<Primitive>(), Primitives.All.Select(description => description.Primitive));

    /// <summary>The device passes its ranges on in the order of the description's arguments.</summary>
    [Fact]
    public void ADescriptionSaysWhatItTakes()
    {
        Assert.Equal("Gemm(a, b, [bias], c)", Primitives.Of(Primitive.Gemm).ToString());
        Assert.Equal("CrossEntropy(logits, labels, [weights], loss, [rowState])", Primitives.Of(Primitive.CrossEntropy).ToString());
        Assert.All(Primitives.All, description => Assert.Equal(description.Arguments.Count, description.Arguments.Select(argument => argument.Name).Distinct().Count()));
        Assert.All(Primitives.All.Where(description => description.Primitive != Primitive.Download), description => Assert.Contains(description.Arguments, argument => argument.Use != ArgumentUse.Read));
    }

    /// <summary>Otherwise one primitive's fault would be reported as another's.</summary>
    [Theory]
    [MemberData(nameof(PrimitiveParity.EveryPrimitive), MemberType = typeof(PrimitiveParity))]
    public void ACheckCallsItsPrimitiveAndNothingElseThatComputes(Primitive primitive)
    {
        using var device = new ReferenceDevice();
        PrimitiveDescription description = Primitives.Of(primitive);
        PrimitiveBench.Run(device, description.Cases, CaseSizes.Small);
        Primitive[] called = [.. Enum.GetValues<Primitive>().Where(other => device.Counters.Calls(other) > 0)];
        Assert.Contains(primitive, called);
        // An upload needs work that still reads its place: copies. The host has no bfloat16, which takes a way there and one back.
        Primitive[] besides = primitive switch
        {
            Primitive.Upload => [Primitive.Upload, Primitive.Download, Primitive.Copy],
            Primitive.ToBFloat16 or Primitive.FromBFloat16 => [Primitive.ToBFloat16, Primitive.FromBFloat16, Primitive.Upload, Primitive.Download],
            // A batch norm's passes are also asked for together, which a device may fuse and the reference does one by one.
            Primitive.BatchNorm => [primitive, Primitive.Moments, Primitive.UpdateMoments, Primitive.Upload, Primitive.Download],
            Primitive.BatchNormInputGradient => [primitive, Primitive.MapBackward, Primitive.Reduce, Primitive.BatchNormScaleGradient, Primitive.Upload, Primitive.Download],
            _ => [primitive, Primitive.Upload, Primitive.Download],
        };
        Assert.Empty(called.Except(besides));
        Assert.Equal(0, device.Counters.LiveBytes);
    }

    /// <summary>A relative error of a thousandth in what the primitive has written shows, operand by operand, whatever the primitive: no tolerance hides it. By chance a single result may be near 0.</summary>
    [Theory]
    [MemberData(nameof(PrimitiveParity.EveryPrimitive), MemberType = typeof(PrimitiveParity))]
    public void AThousandthIsNoticed(Primitive primitive)
    {
        using var device = new ReferenceDevice();
        PrimitiveDescription description = Primitives.Of(primitive);
        (double[][] before, double[][] right) = PrimitiveBench.RunFromStart(device, description.Cases);
        int written = 0;
        List<string> hidden = [];
        for (int s = 0; s < right.Length; s++)
        {
            double[] wrong = [.. right[s].Zip(before[s], (after, was) => after.Equals(was) ? after : after * 1.001)];
            // Nothing written, or nothing that a factor changes.
            if (wrong.AsSpan().SequenceEqual(right[s])) continue;
            written++;
            (double largest, string? failure) = PrimitiveBench.Compare([right[s]], [wrong], description.Tolerance);
            if (failure is null) hidden.Add($"{s} ({wrong.Length} elements, {largest:G2} of what is allowed)");
        }
        Assert.True(written > 0, $"{primitive} has written nothing.");
        Assert.True(hidden.Count * 20 <= written, $"{primitive}: {hidden.Count} of {written} operands hide a thousandth: {string.Join(", ", hidden)}");
    }

    /// <summary>Every tile of the GPU's product kernel, with every kind of operand, read four elements at a time and one by one; every tile with the sum in one piece and in chunks.</summary>
    [Fact]
    public void ProductsAndConvolutionsMeetEveryTile()
    {
        using var device = new PlanRecorder();
        foreach (Primitive primitive in (Primitive[])[Primitive.Gemm, Primitive.Conv2d, Primitive.Conv2dInputGradient, Primitive.Conv2dWeightGradient])
        {
            device.Met.Clear();
            PrimitiveBench.Run(device, Primitives.Of(primitive).Cases);
            foreach (ProductTile tile in Enum.GetValues<ProductTile>().Where(tile => !IsCore(tile)))
            {
                foreach (int operands in primitive == Primitive.Gemm ? (int[])[0, 1, 2, 3] : [0])
                {
                    foreach (bool isWide in (bool[])[true, false])
                        Assert.True(device.Met.Any(plan => (plan.Tile, plan.Operands, plan.IsWide) == (tile, operands, isWide)), $"{primitive}, operands {operands}: no {tile} tile, wide: {isWide}.");
                }
                foreach (bool isCut in (bool[])[true, false])
                {
                    // A large one in chunks needs 136 million products at least: the matrix product has one for all.
                    bool isExpected = primitive == Primitive.Gemm || tile != ProductTile.Large || !isCut;
                    Assert.True(device.Met.Any(plan => (plan.Tile, plan.IsCut) == (tile, isCut)) || !isExpected, $"{primitive}: no {tile} tile, in chunks: {isCut}.");
                }
            }
        }
    }

    /// <summary>The same cases in a lower precision, as the doctor runs them, meet every tile of the tensor cores' kernel, with every kind of operand.</summary>
    [Fact]
    public void InALowerPrecisionTheyMeetEveryTileOfTheTensorCores()
    {
        using var device = new PlanRecorder(Precision.BFloat16);
        foreach (Primitive primitive in (Primitive[])[Primitive.Gemm, Primitive.Conv2d, Primitive.Conv2dInputGradient, Primitive.Conv2dWeightGradient])
        {
            device.Met.Clear();
            PrimitiveBench.Run(device, Primitives.Of(primitive).Cases);
            Assert.All(device.Met, plan => Assert.True(IsCore(plan.Tile)));
            foreach (ProductTile tile in Enum.GetValues<ProductTile>().Where(IsCore))
            {
                foreach (int operands in primitive == Primitive.Gemm ? (int[])[0, 1, 2, 3] : [0]) Assert.True(device.Met.Any(plan => (plan.Tile, plan.Operands) == (tile, operands)), $"{primitive}, operands {operands}: no {tile} tile.");
            }
        }
    }

    [Fact]
    public void NaNAgreesWithNaNAlone()
    {
        Assert.Equal((0, null), PrimitiveBench.Compare([[double.NaN, double.PositiveInfinity]], [[double.NaN, double.PositiveInfinity]], 1e-6));
        foreach (double found in (double[])[1, double.PositiveInfinity]) Assert.NotNull(PrimitiveBench.Compare([[double.NaN]], [[found]], 1e-6).Failure);
        foreach (double found in (double[])[1, double.NaN, double.NegativeInfinity]) Assert.NotNull(PrimitiveBench.Compare([[double.PositiveInfinity]], [[found]], 1e-6).Failure);
        Assert.NotNull(PrimitiveBench.Compare([[1]], [[double.NaN]], 1e-6).Failure);
    }

    /// <summary>Computes no product, but notes how a GPU would: see GpuDevice.Products.cs.</summary>
    private static bool IsCore(ProductTile tile) => tile is ProductTile.LargeCore or ProductTile.SmallCore or ProductTile.TallCore or ProductTile.FlatCore;

    private sealed class PlanRecorder(Precision precision = Precision.Float32) : ReferenceDevice(precision)
    {
        public HashSet<(ProductTile Tile, bool IsCut, int Operands, bool IsWide)> Met { get; } = [];

        protected override void GemmCore(in GemmShape shape, TensorRange a, TensorRange b, TensorRange c, float beta, TensorRange? bias, Activation activation)
        {
            bool isWideA = IsWide(a, shape.LeadingA, shape.StrideA, shape.TransposeA ? shape.M : shape.K), isWideB = IsWide(b, shape.LeadingB, shape.StrideB, shape.TransposeB ? shape.K : shape.N);
            Meet(shape.M, shape.N, shape.K, shape.Batch, isWideA && isWideB, (shape.TransposeA ? 1 : 0) + (shape.TransposeB ? 2 : 0));
        }

        protected override void Conv2dCore(in Conv2dShape shape, TensorRange x, TensorRange w, TensorRange? bias, TensorRange y, Activation activation)
        {
            int depth = Taps(shape) * shape.GroupChannels;
            Meet(shape, shape.Batch * shape.OutputHeight * shape.OutputWidth, shape.GroupOutputs, depth, IsWide(x, shape.Channels, shape.GroupChannels) && IsWide(w, depth));
        }

        protected override void Conv2dInputGradientCore(in Conv2dShape shape, TensorRange dy, TensorRange w, TensorRange dx, float beta) =>
            Meet(shape, shape.Batch * shape.Height * shape.Width, shape.GroupChannels, Taps(shape) * shape.GroupOutputs, IsWide(dy, shape.Outputs, shape.GroupOutputs) && IsWide(w, shape.GroupChannels));

        protected override void Conv2dWeightGradientCore(in Conv2dShape shape, TensorRange x, TensorRange dy, TensorRange dw, float beta)
        {
            bool isWide = IsWide(dy, shape.Outputs, shape.GroupOutputs) && IsWide(x, shape.Channels, shape.GroupChannels);
            Meet(shape, shape.GroupOutputs, Taps(shape) * shape.GroupChannels, shape.Batch * shape.OutputHeight * shape.OutputWidth, isWide);
        }

        private static int Taps(in Conv2dShape shape) => shape.Kernel.Height * shape.Kernel.Width;

        private static bool IsWide(TensorRange range, params int[] extents) => extents.Append(range.Offset).All(extent => extent % 4 == 0);

        /// <summary>But for groups so narrow that other kernels take them.</summary>
        private void Meet(in Conv2dShape shape, int m, int n, int k, bool isWide)
        {
            if (shape.Groups == 1 || Math.Min(shape.GroupChannels, shape.GroupOutputs) >= ProductKernels.PerThread) Meet(m, n, k, shape.Groups, isWide, 0);
        }

        private void Meet(int m, int n, int k, int batch, bool isWide, int operands)
        {
            if (m == 0 || n == 0 || k == 0 || batch == 0) return;
            ProductPlan plan = ProductPlan.Of(m, n, k, batch, Precision);
            Met.Add((plan.Tile, plan.Arguments.Chunks > 1, operands, isWide));
        }
    }
}
