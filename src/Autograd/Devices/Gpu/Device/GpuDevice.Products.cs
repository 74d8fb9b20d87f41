using ILGPU;
using ILGPU.Runtime.Cuda;

namespace ResearchFreeze.Autograd;

// Matrix products and convolutions: one kernel for each precision, whose operands are matrices or images seen as matrices.
public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    protected override void GemmCore(in GemmShape shape, TensorRange a, TensorRange b, TensorRange c, float beta, TensorRange? bias, Activation activation)
    {
        if (shape.M == 0 || shape.N == 0 || shape.Batch == 0) return;
        bool hasEpilogue = bias is not null || activation != Activation.None;
        if (cuBlas is not null && CuBlasCall.Takes(shape, beta, hasEpilogue))
        {
            cuBlas.Multiply(shape, Reals(a), Reals(b), Reals(c), beta);
            if (hasEpilogue) FinishInPlace(shape, c, bias, activation);
            return;
        }
        ProductPlan plan = ProductPlan.Of(shape.M, shape.N, shape.K, shape.Batch, Precision);
        ProductArguments arguments = plan.Arguments;
        arguments.LeadingC = shape.LeadingC;
        arguments.StrideC = shape.StrideC;
        arguments.HasBias = bias is null ? 0 : 1;
        arguments.Activation = (int)activation;
        arguments.Beta = beta;
        plan = plan with { Arguments = arguments };
        bool isWideA = IsWide(a, shape.LeadingA, shape.StrideA, shape.TransposeA ? shape.M : shape.K), isWideB = IsWide(b, shape.LeadingB, shape.StrideB, shape.TransposeB ? shape.K : shape.N);
        var rowsA = new MatrixRows { Lines = shape.M, Leading = shape.LeadingA, Stride = shape.StrideA, IsWide = isWideA ? 1 : 0 };
        var columnsA = new MatrixColumns { Lines = shape.M, Leading = shape.LeadingA, Stride = shape.StrideA, IsWide = isWideA ? 1 : 0 };
        var rowsB = new MatrixRows { Lines = shape.N, Leading = shape.LeadingB, Stride = shape.StrideB, IsWide = isWideB ? 1 : 0 };
        var columnsB = new MatrixColumns { Lines = shape.N, Leading = shape.LeadingB, Stride = shape.StrideB, IsWide = isWideB ? 1 : 0 };
        TensorRange offsets = bias ?? c;
        if (shape.TransposeA && shape.TransposeB) Multiply(plan, a, columnsA, b, rowsB, c, offsets);
        else if (shape.TransposeA) Multiply(plan, a, columnsA, b, columnsB, c, offsets);
        else if (shape.TransposeB) Multiply(plan, a, rowsA, b, rowsB, c, offsets);
        else Multiply(plan, a, rowsA, b, columnsB, c, offsets);
    }

    /// <inheritdoc/>
    protected override void Conv2dCore(in Conv2dShape shape, TensorRange x, TensorRange w, TensorRange? bias, TensorRange y, Activation activation)
    {
        if (y.Length == 0) return;
        ConvolutionArguments arguments = ConvolutionArguments.Of(shape);
        if (shape.IsNarrow)
        {
            arguments.HasBias = bias is null ? 0 : 1;
            arguments.Activation = (int)activation;
            launchers.Conv2d(stream, PerElement(y.Length), Reals(x), Reals(w), Reals(bias ?? w), Reals(y), arguments);
            return;
        }
        int depth = shape.Kernel.Height * shape.Kernel.Width * shape.GroupChannels, pixels = shape.Batch * shape.OutputHeight * shape.OutputWidth;
        ProductPlan plan = ProductPlan.Of(pixels, shape.GroupOutputs, depth, shape.Groups, Precision);
        ProductArguments product = plan.Arguments;
        product.LeadingC = shape.Outputs;
        product.StrideC = shape.GroupOutputs;
        product.StrideBias = shape.GroupOutputs;
        product.HasBias = bias is null ? 0 : 1;
        product.Activation = (int)activation;
        bool isWideX = IsWide(x, shape.Channels, shape.GroupChannels), isWideW = IsWide(w, depth);
        Multiply(
            plan with { Arguments = product },
            x,
            new Patches(arguments, pixels, isWideX ? 1 : 0),
            w,
            new MatrixRows { Lines = shape.GroupOutputs, Leading = depth, Stride = shape.GroupOutputs * depth, IsWide = isWideW ? 1 : 0 },
            y,
            bias ?? y);
    }

    /// <inheritdoc/>
    protected override void Conv2dInputGradientCore(in Conv2dShape shape, TensorRange dy, TensorRange w, TensorRange dx, float beta)
    {
        if (dx.Length == 0) return;
        var arguments = ConvolutionArguments.Of(shape);
        if (shape.IsNarrow)
        {
            launchers.Conv2dInputGradient(stream, PerElement(dx.Length), Reals(dy), Reals(w), Reals(dx), arguments, beta);
            return;
        }
        bool isWideY = IsWide(dy, shape.Outputs, shape.GroupOutputs), isWideW = IsWide(w, shape.GroupChannels);
        if (ProductPlan.OfStridedInputGradient(shape, Precision) is { } strided)
        {
            ProductArguments classes = strided.Arguments;
            classes.Beta = beta;
            Multiply(strided with { Arguments = classes }, dy, new StridedGradientPatches(arguments, classes.M, isWideY ? 1 : 0), w, new StridedTapWeights(arguments, isWideW ? 1 : 0), dx, dx);
            return;
        }
        int depth = shape.Kernel.Height * shape.Kernel.Width * shape.GroupOutputs, pixels = shape.Batch * shape.Height * shape.Width;
        ProductPlan plan = ProductPlan.Of(pixels, shape.GroupChannels, depth, shape.Groups, Precision);
        ProductArguments product = plan.Arguments;
        product.LeadingC = shape.Channels;
        product.StrideC = shape.GroupChannels;
        product.Beta = beta;
        Multiply(plan with { Arguments = product }, dy, new GradientPatches(arguments, pixels, isWideY ? 1 : 0), w, new TapWeights(arguments, isWideW ? 1 : 0), dx, dx);
    }

    /// <inheritdoc/>
    protected override void Conv2dWeightGradientCore(in Conv2dShape shape, TensorRange x, TensorRange dy, TensorRange dw, float beta)
    {
        int pixels = shape.Batch * shape.OutputHeight * shape.OutputWidth;
        if (pixels == 0)
        {
            Scale(dw, beta);
            return;
        }
        var arguments = ConvolutionArguments.Of(shape);
        if (shape.IsNarrow)
        {
            var tiles = ChannelTiles.Of(pixels, shape.GroupChannels);
            int units = checked(dw.Length / shape.GroupChannels * tiles.Tiles * tiles.Chunks);
            ArrayView<float> sums = ChunkSums(tiles, dw);
            launchers.Conv2dWeightGradient(stream, new KernelConfig(units, Cell.GroupSize), Reals(x), Reals(dy), sums, arguments, tiles, tiles.Chunks == 1 ? beta : 0);
            AddChunks(sums, tiles.Chunks, dw, beta);
            return;
        }
        int lines = shape.Kernel.Height * shape.Kernel.Width * shape.GroupChannels;
        ProductPlan plan = ProductPlan.Of(shape.GroupOutputs, lines, pixels, shape.Groups, Precision);
        ProductArguments product = plan.Arguments;
        product.LeadingC = lines;
        product.StrideC = shape.GroupOutputs * lines;
        product.Beta = beta;
        bool isWideY = IsWide(dy, shape.Outputs, shape.GroupOutputs), isWideX = IsWide(x, shape.Channels, shape.GroupChannels);
        Multiply(
            plan with { Arguments = product },
            dy,
            new MatrixColumns { Lines = shape.GroupOutputs, Leading = shape.Outputs, Stride = shape.GroupOutputs, IsWide = isWideY ? 1 : 0 },
            x,
            new PixelPatches(arguments, isWideX ? 1 : 0),
            dw,
            dw);
    }

    /// <summary>C ← activation(C + bias), for a product that was made without.</summary>
    private void FinishInPlace(in GemmShape shape, TensorRange c, TensorRange? bias, Activation activation)
    {
        var arguments = new ProductArguments { M = shape.M, N = shape.N, Batches = 1, Chunks = 1, LeadingC = shape.N, HasBias = bias is null ? 0 : 1, Activation = (int)activation };
        launchers.AddChunks(stream, PerElement(c.Length), Reals(c), Reals(c), Reals(bias ?? c), arguments);
    }

    /// <summary>Whether four neighbouring elements of an operand always lie at a multiple of four.</summary>
    private static bool IsWide(TensorRange range, params ReadOnlySpan<int> extents)
    {
        int all = range.Offset;
        foreach (int extent in extents) all |= extent;
        return all % 4 == 0;
    }

    private void Multiply<TA, TB>(in ProductPlan plan, TensorRange a, TA sourceA, TensorRange b, TB sourceB, TensorRange c, TensorRange bias)
        where TA : unmanaged, ITileSource
        where TB : unmanaged, ITileSource
    {
        ArrayView<float> result = plan.SumCount == 0 ? Reals(c) : Scratch(plan.SumCount);
        bool isCard = accelerator is CudaAccelerator;
        var groups = plan.SharedWords > 0 && isCard ? new KernelConfig(plan.Groups, plan.Threads, SharedMemoryConfig.RequestDynamic<uint>(plan.SharedWords)) : new KernelConfig(plan.Groups, plan.Threads);
        launchers.Product<TA, TB>(plan.Tile, Precision, isCard)(stream, groups, Reals(a), Reals(b), result, Reals(bias), sourceA, sourceB, plan.Arguments);
        if (plan.SumCount > 0) launchers.AddChunks(stream, PerElement(plan.SumCount / plan.Arguments.Chunks), result, Reals(c), Reals(bias), plan.Arguments);
    }
}
