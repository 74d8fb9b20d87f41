namespace ResearchFreeze.Autograd;

// Softmax and cross entropy of rows.
public static partial class Primitives
{
    private const int Ignored = -100;

    private static readonly (int Rows, int Columns)[] Matrices =
        [(1, 1), (0, 4), (5, 1), (3, 2), (3, 10), (13, 10), (7, 33), (5, 64), (2, 65), (31, 17), (2, 129), (2, 257), (300, 7), (3, 1000), (1300, 7), (2, 4001)];

    // Large, small, infinite, not a number, far below zero.
    private static readonly float[] Extremes = [1000, 0, -1000, float.NegativeInfinity, 1, 2, float.NaN, 1, 2, -200, -200, -200];

    private static IReadOnlyList<PrimitiveDescription> Rows =>
    [
        new(Primitive.Softmax, Reads("x"), Writes("y"))
        {
            Kernels = Kernels(nameof(SoftmaxKernels), nameof(SoftmaxKernels.Softmax)),
            Cases = b => ForEachMatrix(b, b.Device.Softmax),
        },
        new(Primitive.LogSoftmax, Reads("x"), Writes("y"))
        {
            Kernels = Kernels(nameof(LogSoftmaxKernels), nameof(LogSoftmaxKernels.LogSoftmax)),
            Cases = b => ForEachMatrix(b, b.Device.LogSoftmax),
        },
        new(Primitive.SoftmaxBackward, Reads("y"), Reads("dy"), Adds("dx"))
        {
            Kernels = Kernels(nameof(SoftmaxKernels), nameof(SoftmaxKernels.SoftmaxBackward)),
            Cases = b =>
            {
                foreach ((int rows, int columns) in MatricesFor(b))
                {
                    // Rows that add up to about 1, as a softmax's do.
                    TensorRange y = b.Input(rows * columns, positive: true, scale: 1f / columns), dy = b.Input(rows * columns, scale: columns);
                    foreach (float beta in CaseValues.Betas) b.Device.SoftmaxBackward(rows, columns, y, dy, b.Output(rows * columns, beta), beta);
                }
            },
        },
        new(Primitive.LogSoftmaxBackward, Reads("y"), Reads("dy"), Adds("dx"))
        {
            Kernels = Kernels(nameof(LogSoftmaxKernels), nameof(LogSoftmaxKernels.LogSoftmaxBackward)),
            Cases = b =>
            {
                foreach ((int rows, int columns) in MatricesFor(b))
                {
                    TensorRange y = b.Input(rows * columns, positive: true, scale: -2), dy = b.Input(rows * columns, scale: CaseValues.Share(columns));
                    foreach (float beta in CaseValues.Betas) b.Device.LogSoftmaxBackward(rows, columns, y, dy, b.Output(rows * columns, beta), beta);
                }
            },
        },
        new(Primitive.CrossEntropy, Reads("logits"), Integers(Reads("labels")), Optional(Reads("weights")), Few(Writes("loss")), Optional(Writes("rowState")))
        {
            Kernels = Kernels(nameof(CrossEntropyKernels), nameof(CrossEntropyKernels.Rows), nameof(CrossEntropyKernels.Finish)),
            Cases = b => ForEachLoss(b, (shape, labels, weights) =>
            {
                TensorRange logits = b.Input(shape.Count);
                b.Device.CrossEntropy(shape, logits, labels, weights, b.Output(1), b.Output(shape.Rows + 1));
                b.Device.CrossEntropy(shape, logits, labels, weights, b.Output(1), null);
            }),
        },
        new(Primitive.CrossEntropyBackward, Reads("logits"), Integers(Reads("labels")), Optional(Reads("weights")), Reads("rowState"), Few(Reads("dloss")), Adds("dlogits"))
        {
            Kernels = Kernels(nameof(CrossEntropyKernels), nameof(CrossEntropyKernels.Backward)),
            Cases = b => ForEachLoss(b, (shape, labels, weights) =>
            {
                TensorRange logits = b.Input(shape.Count);
                // Each row's log-sum-exp, near what it is for such logits, and the weight of all.
                TensorRange state = b.Reals([.. Enumerable.Range(0, shape.Rows).Select(i => MathF.Log(shape.Classes) + (i % 7 * 0.25f)), Math.Max(1, shape.Rows)]);
                foreach (float beta in CaseValues.Betas) b.Device.CrossEntropyBackward(shape, logits, labels, weights, state, b.Reals(1.5f), b.Output(shape.Count, beta), beta);
            }),
        },
    ];

    private static IReadOnlyList<(int Rows, int Columns)> MatricesFor(PrimitiveBench b) => b.Sizes.FittingSums(Matrices, item => (long)item.Rows * item.Columns);

    private static void ForEachMatrix(PrimitiveBench b, Action<int, int, TensorRange, TensorRange> apply)
    {
        foreach ((int rows, int columns) in MatricesFor(b))
        {
            foreach (float scale in (float[])[1, 45])
            {
                float[] values = b.Draw(rows * columns, scale: scale);
                if (scale != 1 && values.Length > 2) values[1] = float.NegativeInfinity;
                TensorRange x = b.Reals(values);
                apply(rows, columns, x, b.Output(rows * columns));
                apply(rows, columns, x, x);
            }
        }
        apply(4, 3, b.Reals(Extremes), b.Output(12));
    }

    /// <summary>Every kind of cross entropy, some rows ignored, some labels wrong.</summary>
    private static void ForEachLoss(PrimitiveBench b, Action<CrossEntropyShape, TensorRange, TensorRange?> apply)
    {
        foreach ((int rows, int classes) in MatricesFor(b))
        {
            int[] labels = [.. Enumerable.Range(0, rows).Select(i => i % 4 == 3 ? Ignored : i * 7 % classes)];
            foreach (float smoothing in (float[])[0, 0.1f])
            {
                var shape = new CrossEntropyShape(rows, classes, smoothing, Ignored);
                apply(shape, b.Integers(labels), null);
                apply(shape, b.Integers(labels), b.Input(classes, positive: true));
            }
            if (rows == 0) continue;
            labels[rows - 1] = rows % 2 == 0 ? classes : -1;
            apply(new CrossEntropyShape(rows, classes, 0.1f, Ignored), b.Integers(labels), b.Input(classes, positive: true));
        }
        foreach (int wrong in (int[])[3, -1]) apply(new CrossEntropyShape(3, 3, 0, Ignored), b.Integers(0, wrong, Ignored), null);
        apply(new CrossEntropyShape(2, 3, 0, 1), b.Integers(1, 1), null);      // nothing but ignored rows
    }
}
