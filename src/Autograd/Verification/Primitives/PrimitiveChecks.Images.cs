namespace ResearchFreeze.Autograd;

// Products, convolutions, pooling.
public static partial class PrimitiveChecks
{
    // Winograd's transforms multiply the rounding of 3×3 kernels.
    private const double ConvolutionTolerance = 1e-5;

    /// <summary>
    /// Products for each tile of a GPU's kernel, sums in one piece and in chunks, in turn, of extents that allow to read four elements at a time; then others. A large tile needs many groups, which
    /// small products give by a batch.
    /// </summary>
    private static readonly (int M, int N, int K, int Batch)[] TiledProducts =
    [
        (64, 68, 12, 3), (8, 12, 1000, 1), (300, 16, 20, 3), (132, 12, 520, 1), (256, 20, 8, 2), (132, 32, 260, 1), (12, 516, 20, 3), (16, 144, 520, 1), (32, 132, 12, 2), (28, 132, 516, 1),
        (132, 132, 12, 32), (68, 72, 8, 128), (65, 129, 5, 64), (257, 17, 7, 2), (29, 129, 260, 1), (11, 515, 20, 3),
    ];

    /// <summary>Convolutions that take each tile of that kernel in each of the three directions; in chunks all but the large one, which would need a product ten times as large.</summary>
    private static IEnumerable<Conv2dShape> TiledConvolutions =>
    [
        Conv2dShape.Of([1, 9, 9, 32], [13, 3, 3, 32], 1, 1, 1, 1), Conv2dShape.Of([1, 9, 9, 32], [12, 3, 3, 32], 1, 1, 1, 1), Conv2dShape.Of([1, 9, 9, 12], [32, 3, 3, 12], 1, 1, 1, 1),
        Conv2dShape.Of([1, 9, 9, 32], [32, 3, 3, 32], 1, 1, 1, 1), Conv2dShape.Of([1, 4, 4, 32], [72, 3, 3, 32], 1, 1, 1, 1), Conv2dShape.Of([1, 4, 4, 72], [32, 3, 3, 72], 1, 1, 1, 1),
        Conv2dShape.Of([1, 5, 6, 72], [72, 3, 3, 72], 1, 1, 1, 1), Conv2dShape.Of([1, 5, 6, 68], [68, 1, 1, 68], 1, 0, 1, 1), Conv2dShape.Of([1, 4, 4, 68], [72, 1, 1, 68], 1, 0, 1, 1),
        Conv2dShape.Of([2, 13, 12, 8], [16, 3, 3, 8], 1, 1, 1, 1), Conv2dShape.Of([2, 13, 12, 8], [32, 3, 3, 8], 1, 1, 1, 1), Conv2dShape.Of([2, 13, 12, 4], [72, 1, 2, 4], 1, 0, 1, 1),
        Conv2dShape.Of([2, 13, 12, 24], [72, 1, 1, 24], 1, 0, 1, 1), Conv2dShape.Of([1, 9, 9, 4], [72, 1, 2, 4], 1, 0, 1, 1), Conv2dShape.Of([1, 9, 9, 24], [72, 1, 1, 24], 1, 0, 1, 1),
        Conv2dShape.Of([2, 13, 12, 40], [36, 1, 1, 40], 1, 0, 1, 1), Conv2dShape.Of([1, 8, 8, 36], [40, 1, 1, 36], 1, 0, 1, 1),
        Conv2dShape.Of([64, 16, 16, 4], [72, 1, 2, 4], 1, new Size2(0, 1), 1, 1),                                          // many pixels
        Conv2dShape.Of([1, 8, 9, 128 * 72], [128 * 8, 1, 2, 72], 1, new Size2(0, 1), 1, 128),                              // many groups
        Conv2dShape.Of([1, 3, 4, 128 * 36], [128 * 72, 1, 2, 36], 1, 0, 1, 128),                                           // many weights
    ];

    private static IEnumerable<Conv2dShape> Convolutions =>
        [.. ConvolutionShapes.Table.Where(shape => shape.OutputCount <= 10_000), .. ConvolutionShapes.Random(10, seed: 21), .. TiledConvolutions];

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
                    for (int call = 0; call < 4; call++)
                    {
                        b.IsAligned = (call + flags) % 2 == 0;
                        if (call < Betas.Length) Product(b, shape, Betas[call], Betas[call] == 1, Activation.None);
                        else Product(b, shape, 0, true, Activations[flags]);
                    }
                }
            }
            for (int i = 0; i < TiledProducts.Length; i++)
            {
                (int m, int n, int k, int batch) = TiledProducts[i];
                for (int flags = 0; flags < 4; flags++)
                {
                    GemmShape shape = GemmShape.Of(m, n, k, (flags & 1) != 0, (flags & 2) != 0).Batched(batch, m * k, k * n, m * n);
                    foreach (bool isAligned in (bool[])[true, false])
                    {
                        b.IsAligned = isAligned;
                        bool isFresh = isAligned == ((flags + i) % 2 == 0);
                        Product(b, shape, isFresh ? 0 : -0.5f, true, isFresh ? Activations[(flags + i) % 4] : Activation.None);
                    }
                }
            }
            // Large tiles and chunks at once: not to be had for less.
            b.IsAligned = true;
            Product(b, GemmShape.Of(132, 132, 4096).Batched(2, 132 * 4096, 4096 * 132, 132 * 132), -0.5f, true, Activation.None);
            b.IsAligned = false;
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
            ForEachConvolution(b, (shape, isSecond) =>
            {
                if (!isSecond) turn++;
                TensorRange x = b.Input(shape.InputCount), w = b.Input(shape.WeightCount, scale: Share(shape.Kernel.Height * shape.Kernel.Width * shape.GroupChannels));
                b.Device.Conv2d(shape, x, w, isSecond ? b.Input(shape.Outputs) : null, b.Output(shape.OutputCount), Activations[(turn + (isSecond ? 1 : 0)) % 4]);
            });
        }) { Tolerance = ConvolutionTolerance },
        new(Primitive.Conv2dInputGradient, b =>
        {
            ForEachConvolution(b, (shape, isSecond) =>
            {
                TensorRange dy = b.Input(shape.OutputCount), w = b.Input(shape.WeightCount, scale: Share(shape.Kernel.Height * shape.Kernel.Width * shape.GroupOutputs));
                float beta = isSecond ? 1 : 0;
                b.Device.Conv2dInputGradient(shape, dy, w, b.Output(shape.InputCount, beta), beta);
            });
        }) { Tolerance = ConvolutionTolerance },
        new(Primitive.Conv2dWeightGradient, b =>
        {
            ForEachConvolution(b, (shape, isSecond) =>
            {
                TensorRange x = b.Input(shape.InputCount, scale: Share(shape.Batch * shape.OutputHeight * shape.OutputWidth)), dy = b.Input(shape.OutputCount);
                float beta = isSecond ? 1 : 0;
                b.Device.Conv2dWeightGradient(shape, x, dy, b.Output(shape.WeightCount, beta), beta);
            });
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

    private static void Product(PrimitiveBench b, GemmShape shape, float beta, bool hasBias, Activation activation)
    {
        int batch = shape.Batch, c = batch * shape.M * shape.N;
        TensorRange left = b.Input(batch * shape.M * shape.K, scale: Share(shape.K)), right = b.Input(batch * shape.K * shape.N, scale: Share(shape.K));
        b.Device.Gemm(shape, left, right, b.Output(c, beta), beta, hasBias ? b.Input(shape.N) : null, activation);
    }

    /// <summary>Two calls for each shape, one of them with aligned operands: the first and the second in turn.</summary>
    private static void ForEachConvolution(PrimitiveBench b, Action<Conv2dShape, bool> call)
    {
        bool isAligned = true;
        foreach (Conv2dShape shape in Convolutions)
        {
            foreach (bool isSecond in (bool[])[false, true])
            {
                b.IsAligned = isAligned != isSecond;
                call(shape, isSecond);
            }
            isAligned = !isAligned;
        }
        b.IsAligned = false;
    }
}
