namespace ResearchFreeze.Autograd;

// Products, convolutions, pooling.
public static partial class PrimitiveChecks
{
    // Winograd's transforms multiply the rounding of 3×3 kernels.
    private const double ConvolutionTolerance = 1e-5;

    private static IEnumerable<Conv2dShape> Convolutions => ConvolutionShapes.Table.Where(shape => shape.OutputCount <= 10_000).Concat(ConvolutionShapes.Random(10, seed: 21));

    private static IEnumerable<Pool2dShape> Pools => PoolShapes.Table.Where(shape => shape.InputCount <= 10_000).Concat(PoolShapes.Random(10, seed: 22));

    private static IReadOnlyList<PrimitiveCheck> Products =>
    [
        new(Primitive.Gemm, b =>
        {
            (int M, int N, int K)[] sizes =
                [(1, 1, 1), (4, 3, 8), (2, 5, 16), (3, 40, 1), (1, 129, 33), (65, 1, 31), (33, 31, 17), (32, 32, 32), (65, 7, 100), (100, 130, 65), (127, 129, 257), (5, 6, 0), (0, 3, 4)];
            foreach ((int m, int n, int k) in sizes)
            {
                for (int flags = 0; flags < 4; flags++)
                {
                    GemmShape shape = GemmShape.Of(m, n, k, (flags & 1) != 0, (flags & 2) != 0);
                    TensorRange left = b.Input(m * k, scale: Share(k)), right = b.Input(k * n, scale: Share(k));
                    foreach (float beta in Betas) b.Device.Gemm(shape, left, right, b.Output(m * n, beta), beta, beta == 1 ? b.Input(n) : null);
                    b.Device.Gemm(shape, left, right, b.Output(m * n), 0, b.Input(n), Activations[flags]);
                }
            }
            // Leading dimensions longer than rows, batches, an operand that repeats.
            var strided = new GemmShape(5, 6, 7, false, false, 9, 8, 10, 3, 50, 60, 70);
            foreach (Activation activation in Activations)
                b.Device.Gemm(strided, b.Input(strided.LengthA), b.Input(strided.LengthB), b.Input(strided.LengthC), 0, b.Input(6), activation);
            GemmShape repeated = strided with { StrideB = 0, TransposeA = true, TransposeB = true };
            b.Device.Gemm(repeated, b.Input(repeated.LengthA), b.Input(repeated.LengthB), b.Input(repeated.LengthC), 0.5f);
            b.Device.Gemm(strided with { Batch = 0 }, b.Input(0), b.Input(0), b.Input(0));
            GemmShape many = GemmShape.Of(17, 33, 9).Batched(11, 17 * 9, 9 * 33, 17 * 33);
            b.Device.Gemm(many, b.Input(many.LengthA), b.Input(many.LengthB), b.Output(many.LengthC));
        }) { Tolerance = 4e-6 },
    ];

    private static IReadOnlyList<PrimitiveCheck> Images =>
    [
        new(Primitive.Conv2d, b =>
        {
            int turn = 0;
            foreach (Conv2dShape shape in Convolutions)
            {
                TensorRange x = b.Input(shape.InputCount), w = b.Input(shape.WeightCount, scale: Share(shape.Kernel.Height * shape.Kernel.Width * shape.GroupChannels));
                b.Device.Conv2d(shape, x, w, null, b.Output(shape.OutputCount), Activations[turn++ % 4]);
                b.Device.Conv2d(shape, x, w, b.Input(shape.Outputs), b.Output(shape.OutputCount), Activations[turn % 4]);
            }
        }) { Tolerance = ConvolutionTolerance },
        new(Primitive.Conv2dInputGradient, b =>
        {
            foreach (Conv2dShape shape in Convolutions)
            {
                TensorRange dy = b.Input(shape.OutputCount), w = b.Input(shape.WeightCount, scale: Share(shape.Kernel.Height * shape.Kernel.Width * shape.GroupOutputs));
                foreach (float beta in (float[])[0, 1]) b.Device.Conv2dInputGradient(shape, dy, w, b.Output(shape.InputCount, beta), beta);
            }
        }) { Tolerance = ConvolutionTolerance },
        new(Primitive.Conv2dWeightGradient, b =>
        {
            foreach (Conv2dShape shape in Convolutions)
            {
                TensorRange x = b.Input(shape.InputCount, scale: Share(shape.Batch * shape.OutputHeight * shape.OutputWidth)), dy = b.Input(shape.OutputCount);
                foreach (float beta in (float[])[0, 1]) b.Device.Conv2dWeightGradient(shape, x, dy, b.Output(shape.WeightCount, beta), beta);
            }
        }) { Tolerance = ConvolutionTolerance },
        new(Primitive.MaxPool, b =>
        {
            foreach (Pool2dShape shape in Pools)
            {
                for (int kind = 0; kind < 4; kind++)
                {
                    TensorRange x = kind == 0 ? b.Input(shape.InputCount) : b.Reals(Ties(shape.InputCount, kind));
                    b.Device.MaxPool(shape, x, b.Output(shape.OutputCount), kind == 1 ? null : b.Integers(new int[shape.OutputCount]));
                }
            }
        }) { Tolerance = 1e-15 },
        new(Primitive.MaxPoolBackward, b =>
        {
            foreach (Pool2dShape shape in Pools)
            {
                int[] winners = Winners(shape.InputCount, shape.OutputCount, (device, x, y, indices) => device.MaxPool(shape, x, y, indices));
                foreach (float beta in Betas) b.Device.MaxPoolBackward(shape, b.Integers(winners), b.Input(shape.OutputCount), b.Output(shape.InputCount, beta), beta);
            }
        }),
        new(Primitive.AveragePool, b =>
        {
            foreach (Pool2dShape shape in Pools) b.Device.AveragePool(shape, b.Input(shape.InputCount), b.Output(shape.OutputCount));
        }),
        new(Primitive.AveragePoolBackward, b =>
        {
            foreach (Pool2dShape shape in Pools)
            {
                foreach (float beta in Betas) b.Device.AveragePoolBackward(shape, b.Input(shape.OutputCount), b.Output(shape.InputCount, beta), beta);
            }
        }),
    ];
}
