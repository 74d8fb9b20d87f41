using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

// Boxes of elements, extremes over axes, rows by index.
public abstract partial class GpuParity
{
    [Fact]
    public void CopyAndPlaceBox() => Check(Tolerance, b =>
    {
        foreach ((StridedLayout layout, int lengthX, int lengthY) in Boxes())
        {
            foreach (float beta in Betas)
            {
                b.Device.CopyBox(layout, b.Input(lengthX), b.Input(lengthY), beta);
                b.Device.PlaceBox(layout, b.Input(lengthX), b.Output(lengthY, beta), beta);
            }
        }
        // With beta = 0 what was there does not count, be it a NaN.
        b.Device.CopyBox(new StridedLayout([5], 0, [1], 2, [1]), b.Input(5), b.Output(9));
    });

    [Fact]
    public void ReduceMax()
    {
        List<(Shape Shape, int Summed)> cases =
        [
            ([], 0), ([1], 1), ([5], 0), ([40], 1), ([3, 70], 2), ([70, 3], 1), ([2, 3, 2, 3, 2, 3], 0b101010), ([2, 3, 2, 3, 2, 3], 0b010101), ([0, 3], 2),
        ];
        if (IsFast) cases.AddRange([([31], 1), ([32], 1), ([64], 1), ([65], 1), ([256], 1), ([257], 1), ([20000], 1), ([3, 9000], 2), ([33, 500], 1), ([40, 300], 1), ([5, 40, 7], 5), ([300, 2], 2), ([300, 40], 2)]);
        Check(Tolerance, b =>
        {
            foreach ((Shape shape, int summed) in cases)
            {
                var layout = new ReduceLayout(shape, summed);
                foreach (int kind in IsFast ? [0, 1, 2, 3] : new[] { 1 })
                {
                    TensorRange x = kind == 0 ? b.Input(layout.Inputs) : b.Reals(Ties(layout.Inputs, kind)), indices = b.Integers(new int[layout.Outputs]);
                    b.Device.ReduceMax(layout, x, b.Output(layout.Outputs), indices);
                    b.Device.ReduceMax(layout, x, b.Output(layout.Outputs), null);
                    foreach (float beta in Betas) b.Device.ReduceMaxBackward(layout, indices, b.Input(layout.Outputs), b.Output(layout.Inputs, beta), beta);
                }
            }
        });
    }

    [Fact]
    public void GatherAndScatterRows() => Check(Tolerance, b =>
    {
        (int Rows, int Columns, int[] Ids)[] cases =
        [
            (1, 1, [0]), (4, 5, [3, 0, 3, 3, -1, 1, 4, 3]), (3, 2, []), (0, 3, [0, 1]), (2, 3, [int.MaxValue, int.MinValue, 1, 1]), (7, 1, [6, 6, 6]), (5, 3, [-1, -1, 5]),
        ];
        foreach ((int rows, int columns, int[] ids) in IsFast ? [.. cases, (50, 33, Spread(600, 53)), (300, 7, Spread(400, 290)), (3, 300, Spread(300, 3))] : cases)
        {
            b.Device.GatherRows(columns, b.Input(rows * columns), b.Integers(ids), b.Output(ids.Length * columns));
            foreach (float beta in Betas)
            {
                // About 1 together, however many share an id.
                TensorRange dy = Small(b, ids.Length * columns, ids.Length);
                b.Device.ScatterRows(columns, b.Integers(ids), dy, b.Output(rows * columns, beta), beta);
            }
        }

        static int[] Spread(int count, int rows) => [.. Enumerable.Range(0, count).Select(i => (int)((i * 7919L * (i + 3)) % rows))];
    });

    [Fact]
    public void ScatterRowsAddsNothingToRowsThatWereNotUsed()
    {
        // −0 + 0 is +0, so a row that has been added to shows.
        double[][] found = GpuBench.Run(Device, b => b.Device.ScatterRows(2, b.Integers(1, 3, 1, 4), b.Input(8), b.Reals(-0f, -0f, -0f, -0f, -0f, -0f, -0f, -0f), 1));
        double[] table = found[2][5..13];
        for (int i = 0; i < table.Length; i++) Assert.Equal(i / 2 is 0 or 2, table[i] == 0 && double.IsNegative(table[i]));
    }

    /// <summary>Boxes with the lengths of their ranges: slices, steps, transpositions, reversals, gaps, one element, none, all six axes.</summary>
    private IEnumerable<(StridedLayout Layout, int LengthX, int LengthY)> Boxes()
    {
        yield return (new StridedLayout([], 2, [], 1, []), 4, 3);
        yield return (new StridedLayout([7], 6, [-1], 0, [1]), 7, 7);                                                   // reversed
        yield return (new StridedLayout([3, 5], 0, [1, 3], 0, [5, 1]), 15, 15);                                         // transposed
        yield return (new StridedLayout([3, 4], 0, [4, 1], 1, [7, 1]), 12, 22);                                         // into a larger one
        yield return (new StridedLayout([2, 3, 2], 11, [-6, -2, 1], 3, [12, 4, 2]), 14, 30);                            // every second, backwards
        yield return (new StridedLayout([0, 3], 0, [3, 1], 0, [3, 1]), 0, 5);
        yield return (new StridedLayout([2, 1, 3, 2, 1, 2], 0, [12, 9, 2, 6, 5, 1], 0, [12, 12, 4, 2, 2, 1]), 24, 24);
        yield return (new StridedLayout([2, 3, 2, 3, 2, 2], 143, [-1, -2, -6, -12, -36, -72], 0, [72, 24, 12, 4, 2, 1]), 144, 144);
        if (!IsFast) yield break;
        yield return (new StridedLayout([300, 17], 0, [1, 300], 0, [17, 1]), 5100, 5100);
        yield return (new StridedLayout([10, 20, 30], 5999, [-600, -30, -1], 7, [1300, 60, 2]), 6000, 13000);
        yield return (new StridedLayout([5, 64], 0, [0, 1], 0, [64, 1]), 64, 320);                                      // a row that repeats
    }

    /// <summary>Values with many ties; of kind 2 some are NaN, of kind 3 none is a number.</summary>
    private static float[] Ties(int length, int kind)
    {
        var values = new float[length];
        for (int i = 0; i < length; i++) values[i] = kind == 3 || (kind == 2 && i * 31 % 17 == 3) ? float.NaN : (i * 7919 % 5) - 4;
        return values;
    }
}
