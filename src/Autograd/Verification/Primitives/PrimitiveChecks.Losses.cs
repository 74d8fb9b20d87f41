namespace ResearchFreeze.Autograd;

// Softmax, cross entropy, and what an optimizer calls.
public static partial class PrimitiveChecks
{
    private static readonly (int Rows, int Columns)[] Matrices = [(1, 1), (3, 10), (7, 33), (5, 64), (2, 65), (2, 129), (2, 257), (3, 1000), (300, 7), (0, 4)];

    // Large, small, infinite, not a number, far below zero.
    private static readonly float[] Extremes = [1000, 0, -1000, float.NegativeInfinity, 1, 2, float.NaN, 1, 2, -200, -200, -200];

    private static IReadOnlyList<PrimitiveCheck> Losses =>
    [
        new(Primitive.Softmax, b => Rows(b, b.Device.Softmax)),
        new(Primitive.LogSoftmax, b => Rows(b, b.Device.LogSoftmax)),
        new(Primitive.SoftmaxBackward, b =>
        {
            foreach ((int rows, int columns) in Matrices)
            {
                // Rows that add up to about 1, as a softmax's do.
                TensorRange y = b.Input(rows * columns, positive: true, scale: 1f / columns), dy = b.Input(rows * columns, scale: columns);
                foreach (float beta in Betas) b.Device.SoftmaxBackward(rows, columns, y, dy, b.Output(rows * columns, beta), beta);
            }
        }),
        new(Primitive.LogSoftmaxBackward, b =>
        {
            foreach ((int rows, int columns) in Matrices)
            {
                TensorRange y = b.Input(rows * columns, positive: true, scale: -2), dy = b.Input(rows * columns, scale: Share(columns));
                foreach (float beta in Betas) b.Device.LogSoftmaxBackward(rows, columns, y, dy, b.Output(rows * columns, beta), beta);
            }
        }),
        new(Primitive.CrossEntropy, b => CrossEntropies(b, (shape, labels, weights) =>
        {
            TensorRange logits = b.Input(shape.Rows * shape.Classes);
            b.Device.CrossEntropy(shape, logits, labels, weights, b.Output(1), b.Output(shape.Rows + 1));
            b.Device.CrossEntropy(shape, logits, labels, weights, b.Output(1), null);
        })),
        new(Primitive.CrossEntropyBackward, b => CrossEntropies(b, (shape, labels, weights) =>
        {
            TensorRange logits = b.Input(shape.Rows * shape.Classes);
            // Each row's log-sum-exp, near what it is for such logits, and the weight of all.
            TensorRange state = b.Reals([.. Enumerable.Range(0, shape.Rows).Select(i => MathF.Log(shape.Classes) + (i % 7 * 0.25f)), Math.Max(1, shape.Rows)]);
            foreach (float beta in Betas) b.Device.CrossEntropyBackward(shape, logits, labels, weights, state, b.Reals(1.5f), b.Output(shape.Rows * shape.Classes, beta), beta);
        })),
    ];

    private static IReadOnlyList<PrimitiveCheck> Steps =>
    [
        new(Primitive.StepGuard, b =>
        {
            foreach (int parameters in (int[])[1, 3, 300])
            {
                TensorRange sums = b.Input(parameters, positive: true);
                foreach (float maxNorm in (float[])[0, 1, 1e6f]) b.Device.StepGuard(sums, maxNorm, b.Reals(0, 3, 0));
                foreach (float bad in (float[])[float.NaN, float.PositiveInfinity])
                {
                    TensorRange halted = b.Reals(1, 5, 0);
                    b.Device.StepGuard(b.Reals(1, bad, 2), 1, halted);
                    b.Device.StepGuard(sums, 1, halted);                       // sticky
                }
            }
        }),
        new(Primitive.Sgd, b =>
        {
            foreach ((TensorRange guard, bool variant, int length) in Updates(b))
            {
                var step = new SgdStep(0.05f, 0.9f, variant, 0.01f);
                TensorRange w = b.Input(length), g = b.Input(length), velocity = b.Input(length);
                for (int i = 0; i < 2; i++) b.Device.Sgd(step, w, g, velocity, guard);
                b.Device.Sgd(step, b.Input(length), b.Input(length), null, guard);
            }
        }),
        new(Primitive.Adam, b =>
        {
            foreach ((TensorRange guard, bool variant, int length) in Updates(b))
            {
                TensorRange w = b.Input(length), g = b.Input(length), m = b.Input(length), v = b.Input(length, positive: true);
                for (int i = 1; i <= 3; i++) b.Device.Adam(new AdamStep(0.01f, 0.9f, 0.999f, 1e-8f, 0.1f, variant, i), w, g, m, v, guard);
            }
        }),
    ];

    private static void Rows(PrimitiveBench b, Action<int, int, TensorRange, TensorRange> apply)
    {
        foreach ((int rows, int columns) in Matrices)
        {
            TensorRange x = b.Input(rows * columns);
            apply(rows, columns, x, b.Output(rows * columns));
            apply(rows, columns, x, x);
        }
        apply(4, 3, b.Reals(Extremes), b.Output(12));
    }

    /// <summary>Every kind of cross entropy, some rows ignored, some labels wrong.</summary>
    private static void CrossEntropies(PrimitiveBench b, Action<CrossEntropyShape, TensorRange, TensorRange?> apply)
    {
        const int Ignored = -100;
        foreach ((int rows, int classes) in Matrices)
        {
            int[] labels = [.. Enumerable.Range(0, rows).Select(i => i % 4 == 3 ? Ignored : i * 7 % classes)];
            foreach (float smoothing in (float[])[0, 0.1f])
            {
                var shape = new CrossEntropyShape(rows, classes, smoothing, Ignored);
                apply(shape, b.Integers(labels), null);
                apply(shape, b.Integers(labels), b.Input(classes, positive: true));
            }
        }
        foreach (int wrong in (int[])[3, -1]) apply(new CrossEntropyShape(3, 3, 0, Ignored), b.Integers(0, wrong, Ignored), null);
        apply(new CrossEntropyShape(2, 3, 0, 1), b.Integers(1, 1), null);      // nothing but ignored rows
    }

    /// <summary>Guards (as it is, clipped, halted) by both variants of an update and lengths.</summary>
    private static IEnumerable<(TensorRange Guard, bool Variant, int Length)> Updates(PrimitiveBench b) =>
        from factor in (float[])[1, 0.25f, float.NaN]
        from variant in (bool[])[false, true]
        from length in (int[])[0, 1, 77, 257, 10_007]
        select (b.Reals(factor, 1, float.IsNaN(factor) ? 1 : 0), variant, length);
}
