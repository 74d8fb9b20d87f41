namespace ResearchFreeze.Autograd;

// Matrix products and convolutions.
public static partial class Primitives
{
    // Winograd's transforms multiply the rounding of 3×3 kernels.
    private const double ConvolutionTolerance = 1e-5;

    private static IReadOnlyList<PrimitiveDescription> Products =>
    [
        new(Primitive.Gemm, Reads("a"), Reads("b"), Optional(Reads("bias")), Adds("c"))
        {
            Kernels = ProductOf(
                (nameof(MatrixRows), nameof(MatrixRows)), (nameof(MatrixRows), nameof(MatrixColumns)), (nameof(MatrixColumns), nameof(MatrixRows)), (nameof(MatrixColumns), nameof(MatrixColumns))),
            Tolerance = 4e-6,
            Cases = b =>
            {
                int turn = 0;
                foreach (GemmShape shape in ProductShapes.Single(b.Sizes))
                {
                    Activation activation = CaseValues.Activations[turn++ % 4];
                    for (int call = 0; call < 4; call++)
                    {
                        b.IsAligned = (call + turn) % 2 == 0;
                        if (call < CaseValues.Betas.Length) Multiply(b, shape, CaseValues.Betas[call], CaseValues.Betas[call] == 1, Activation.None);
                        else Multiply(b, shape, 0, true, activation);
                    }
                }
                foreach ((GemmShape shape, int flags) in ProductShapes.ForTiles(b.Sizes))
                {
                    turn += flags == 0 ? 1 : 0;
                    foreach (bool isAligned in (bool[])[true, false])
                    {
                        b.IsAligned = isAligned;
                        bool isFresh = isAligned == ((flags + turn) % 2 == 0);
                        Multiply(b, shape, isFresh ? 0 : -0.5f, true, isFresh ? CaseValues.Activations[(flags + turn) % 4] : Activation.None);
                    }
                }
                // Large tiles and chunks at once: not to be had for less.
                b.IsAligned = true;
                if (b.Sizes.HasTiles) Multiply(b, GemmShape.Of(132, 132, 4096).Batched(2, 132 * 4096, 4096 * 132, 132 * 132), -0.5f, true, Activation.None);
                b.IsAligned = false;
                foreach ((GemmShape shape, float beta, bool hasBias, Activation activation) in ProductShapes.Batched(b.Sizes)) Multiply(b, shape, beta, hasBias, activation);
            },
        },
        new(Primitive.Conv2d, Reads("x"), Reads("w"), Optional(Reads("bias")), Writes("y"))
        {
            Kernels = [.. ProductOf((nameof(Patches), nameof(MatrixRows))), .. Kernels(nameof(ConvolutionKernels), nameof(ConvolutionKernels.Forward))],
            Tolerance = ConvolutionTolerance,
            Cases = b => ForEachConvolution(b, (shape, turn, isSecond) =>
            {
                TensorRange x = b.Input(shape.InputCount), w = b.Input(shape.WeightCount, scale: CaseValues.Share(shape.Kernel.Height * shape.Kernel.Width * shape.GroupChannels));
                b.Device.Conv2d(shape, x, w, isSecond ? b.Input(shape.Outputs) : null, b.Output(shape.OutputCount), CaseValues.Activations[(turn + (isSecond ? 1 : 0)) % 4]);
            }),
        },
        new(Primitive.Conv2dInputGradient, Reads("dy"), Reads("w"), Adds("dx"))
        {
            Kernels = [.. ProductOf((nameof(GradientPatches), nameof(TapWeights)), (nameof(StridedGradientPatches), nameof(StridedTapWeights))), .. Kernels(nameof(ConvolutionKernels), nameof(ConvolutionKernels.InputGradient))],
            Tolerance = ConvolutionTolerance,
            Cases = b => ForEachConvolution(b, (shape, turn, isSecond) =>
            {
                TensorRange dy = b.Input(shape.OutputCount), w = b.Input(shape.WeightCount, scale: CaseValues.Share(shape.Kernel.Height * shape.Kernel.Width * shape.GroupOutputs));
                float beta = isSecond ? CaseValues.Betas[1 + (turn % 2)] : 0;
                b.Device.Conv2dInputGradient(shape, dy, w, b.Output(shape.InputCount, beta), beta);
            }),
        },
        new(Primitive.Conv2dWeightGradient, Reads("x"), Reads("dy"), Adds("dw"))
        {
            Kernels =
            [
                .. ProductOf((nameof(MatrixColumns), nameof(PixelPatches))), .. Kernels(nameof(ConvolutionKernels), nameof(ConvolutionKernels.WeightGradient)),
                .. Kernels(nameof(ReduceKernels), nameof(ReduceKernels.ByThread), nameof(ReduceKernels.ByGroup)), .. Kernels(nameof(ElementwiseKernels), nameof(ElementwiseKernels.Fill), nameof(ElementwiseKernels.AddScaled)),
            ],
            Tolerance = ConvolutionTolerance,
            Cases = b => ForEachConvolution(b, (shape, turn, isSecond) =>
            {
                TensorRange x = b.Input(shape.InputCount, scale: CaseValues.Share(shape.Batch * shape.OutputHeight * shape.OutputWidth)), dy = b.Input(shape.OutputCount);
                float beta = isSecond ? CaseValues.Betas[1 + (turn % 2)] : 0;
                b.Device.Conv2dWeightGradient(shape, x, dy, b.Output(shape.WeightCount, beta), beta);
            }),
        },
    ];

    private static void Multiply(PrimitiveBench b, GemmShape shape, float beta, bool hasBias, Activation activation)
    {
        TensorRange left = b.Input(shape.LengthA, scale: CaseValues.Share(shape.K)), right = b.Input(shape.LengthB, scale: CaseValues.Share(shape.K));
        b.Device.Gemm(shape, left, right, b.Output(shape.LengthC, beta), beta, hasBias ? b.Input(shape.N) : null, activation);
    }

    /// <summary>Two calls for each shape, one of them with aligned operands: the first and the second in turn.</summary>
    private static void ForEachConvolution(PrimitiveBench b, Action<Conv2dShape, int, bool> call)
    {
        int turn = 0;
        foreach (Conv2dShape shape in ConvolutionShapes.For(b.Sizes))
        {
            foreach (bool isSecond in (bool[])[false, true])
            {
                b.IsAligned = (turn % 2 == 0) != isSecond;
                call(shape, turn, isSecond);
            }
            turn++;
        }
        b.IsAligned = false;
    }
}
