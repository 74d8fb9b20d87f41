namespace ResearchFreeze.Autograd;

// Boxes of elements, extremes over axes, rows by index, sums.
public static partial class PrimitiveChecks
{
    private static readonly (int Rows, int Columns, int[] Ids)[] Tables =
    [
        (1, 1, [0]), (4, 5, [3, 0, 3, 3, -1, 1, 4, 3]), (3, 2, []), (0, 3, [0, 1]), (2, 3, [int.MaxValue, int.MinValue, 1, 1]), (7, 1, [6, 6, 6]), (5, 3, [-1, -1, 5]),
        (50, 33, Spread(600, 53)), (300, 7, Spread(400, 290)), (3, 300, Spread(300, 3)),
    ];

    private static readonly (Shape Shape, int Summed)[] Reductions =
    [
        ([], 0), ([1], 1), ([5], 0), ([40], 1), ([1, 7, 1], 2), ([3, 70], 2), ([70, 3], 1), ([3, 4, 5], 5), ([2, 3, 2, 3, 2, 3], 0b101010), ([2, 3, 2, 3, 2, 3], 0b010101), ([31], 1), ([65], 1), ([256], 1),
        ([257], 1), ([20_000], 1), ([3, 9000], 2), ([33, 500], 1), ([5, 40, 7], 5), ([17, 300, 4], 2), ([300, 2], 2), ([300, 40], 2), ([500, 257], 2), ([0, 3], 2),
    ];

    private static IReadOnlyList<PrimitiveCheck> Views =>
    [
        new(Primitive.CopyBox, b =>
        {
            foreach ((StridedLayout layout, int lengthX, int lengthY) in Boxes)
            {
                foreach (float beta in Betas) b.Device.CopyBox(layout, b.Input(lengthX), b.Input(lengthY), beta);
            }
            // With beta = 0 what was there does not count, be it a NaN.
            b.Device.CopyBox(new StridedLayout([5], 0, [1], 2, [1]), b.Input(5), b.Output(9));
        }),
        new(Primitive.PlaceBox, b =>
        {
            foreach ((StridedLayout layout, int lengthX, int lengthY) in Boxes)
            {
                foreach (float beta in Betas) b.Device.PlaceBox(layout, b.Input(lengthX), b.Output(lengthY, beta), beta);
            }
        }),
        new(Primitive.ReduceMax, b =>
        {
            foreach ((Shape shape, int summed) in Reductions)
            {
                var layout = new ReduceLayout(shape, summed);
                for (int kind = 0; kind < 4; kind++)
                {
                    TensorRange x = kind == 0 ? b.Input(layout.Inputs) : b.Reals(Ties(layout.Inputs, kind));
                    b.Device.ReduceMax(layout, x, b.Output(layout.Outputs), b.Integers(new int[layout.Outputs]));
                    b.Device.ReduceMax(layout, x, b.Output(layout.Outputs), null);
                }
            }
        }) { Tolerance = 1e-15 },
        new(Primitive.ReduceMaxBackward, b =>
        {
            foreach ((Shape shape, int summed) in Reductions)
            {
                var layout = new ReduceLayout(shape, summed);
                int[] winners = Winners(layout.Inputs, layout.Outputs, (device, x, y, indices) => device.ReduceMax(layout, x, y, indices));
                foreach (float beta in Betas) b.Device.ReduceMaxBackward(layout, b.Integers(winners), b.Input(layout.Outputs), b.Output(layout.Inputs, beta), beta);
            }
        }),
        new(Primitive.GatherRows, b =>
        {
            foreach ((int rows, int columns, int[] ids) in Tables) b.Device.GatherRows(columns, b.Input(rows * columns), b.Integers(ids), b.Output(ids.Length * columns));
        }) { Tolerance = 1e-15 },
        new(Primitive.ScatterRows, b =>
        {
            foreach ((int rows, int columns, int[] ids) in Tables)
            {
                foreach (float beta in Betas)
                    b.Device.ScatterRows(columns, b.Integers(ids), b.Input(ids.Length * columns, scale: Share(ids.Length)), b.Output(rows * columns, beta), beta);
            }
        }),
    ];

    private static IReadOnlyList<PrimitiveCheck> Sums =>
    [
        new(Primitive.Reduce, b =>
        {
            foreach ((Shape shape, int summed) in Reductions)
            {
                var layout = new ReduceLayout(shape, summed);
                double scale = (double)Math.Max(1, layout.Outputs) / Math.Max(1, layout.Inputs);
                foreach (float beta in Betas) b.Device.Reduce(layout, scale, b.Input(layout.Inputs), b.Output(layout.Outputs, beta), beta);
            }
        }),
        new(Primitive.Expand, b =>
        {
            foreach ((Shape shape, int summed) in Reductions)
            {
                var layout = new ReduceLayout(shape, summed);
                foreach (float beta in Betas) b.Device.Expand(layout, 0.3f, b.Input(layout.Outputs), b.Output(layout.Inputs, beta), beta);
            }
        }),
        new(Primitive.Norm, b =>
        {
            foreach (NormKind kind in Enum.GetValues<NormKind>())
            {
                foreach (int length in (int[])[0, 1, 31, 257, 8192, 8193, 100_003])
                {
                    TensorRange x = b.Input(length);
                    b.Device.Norm(kind, x, kind == NormKind.SquaredDistance ? b.Input(length) : x, b.Output(1));
                }
            }
        }),
    ];

    /// <summary>Boxes with the lengths of their ranges: slices, steps, transpositions, reversals, gaps, one element, none, all six axes.</summary>
    private static (StridedLayout Layout, int LengthX, int LengthY)[] Boxes =>
    [
        (new StridedLayout([], 2, [], 1, []), 4, 3),
        (new StridedLayout([7], 6, [-1], 0, [1]), 7, 7),                                                   // reversed
        (new StridedLayout([3, 5], 0, [1, 3], 0, [5, 1]), 15, 15),                                         // transposed
        (new StridedLayout([3, 4], 0, [4, 1], 1, [7, 1]), 12, 22),                                         // into a larger one
        (new StridedLayout([2, 3, 2], 11, [-6, -2, 1], 3, [12, 4, 2]), 14, 30),                            // every second, backwards
        (new StridedLayout([0, 3], 0, [3, 1], 0, [3, 1]), 0, 5),
        (new StridedLayout([2, 3, 2, 3, 2, 2], 143, [-1, -2, -6, -12, -36, -72], 0, [72, 24, 12, 4, 2, 1]), 144, 144),
        (new StridedLayout([300, 17], 0, [1, 300], 0, [17, 1]), 5100, 5100),
        (new StridedLayout([10, 20, 30], 5999, [-600, -30, -1], 7, [1300, 60, 2]), 6000, 13_000),
        (new StridedLayout([5, 64], 0, [0, 1], 0, [64, 1]), 64, 320),                                      // a row that repeats
    ];

    private static int[] Spread(int count, int rows) => [.. Enumerable.Range(0, count).Select(i => (int)((i * 7919L * (i + 3)) % rows))];
}
