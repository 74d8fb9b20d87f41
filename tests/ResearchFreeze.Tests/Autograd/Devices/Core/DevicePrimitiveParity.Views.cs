using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

// Boxes of elements, extremes over axes, rows by index.
public abstract partial class DevicePrimitiveParity
{
    [Fact]
    public void CopyBoxTouchesTheBoxOnly()
    {
        foreach (BoxCase box in Boxes(repeats: true))
        {
            foreach (float beta in Betas)
            {
                double[] values = Draw(box.LengthY, -1, 1);
                if (beta == 0)
                {
                    foreach (int at in box.PlacesY()) values[at] = double.NaN;
                }
                Twin x = Random("x", box.LengthX), y = Keep(Twin.Of("y", values, reference, Device));
                foreach (Device on in Both()) on.CopyBox(box.Layout, x.On(on), y.On(on), beta);
                Check($"copy {box} beta {beta}", y, x);
                Release();
            }
        }
    }

    [Fact]
    public void PlaceBoxWritesTheGapsToo()
    {
        foreach (BoxCase box in Boxes(repeats: false))
        {
            foreach (float beta in Betas)
            {
                Twin x = Random("x", box.LengthX), y = Output("y", box.LengthY, beta);
                foreach (Device on in Both()) on.PlaceBox(box.Layout, x.On(on), y.On(on), beta);
                Check($"place {box} beta {beta}", y, x);
                Release();
            }
        }
    }

    [Fact]
    public void ReduceMaxFindsTheFirstOfEqualsAndItsBackwardReturnsThere()
    {
        List<(Shape Shape, int Summed)> cases =
        [
            ([], 0), ([1], 1), ([0, 3], 2), ([25 * Big(1600)], 1), ([3, 9 * Big(1400)], 2), ([Big(3000), 10], 1), ([Big(3000), 10], 2), ([Big(1200), 33], 1), ([5, Big(700)], 1),
            ([2, Big(1500), 3], 2), ([Big(4001), 1, 3], 4), ([Big(2000), 3, 5], 5), ([4, Big(100), 67], 2), ([1, 40, Big(300)], 2), ([2, 9, 3, 31], 10), ([2, 3, 2, 3, 2, 3], 42),
        ];
        foreach (Shape shape in (Shape[])[[3, 5, 2, 7], [13, 31], [1, 9, 1, 4], [2, 70, 3], [129], [31, 129]])
        {
            for (int summed = 0; summed < 1 << shape.Rank; summed++) cases.Add((shape, summed));
        }
        foreach ((Shape shape, int summed) in cases)
        {
            var layout = new ReduceLayout(shape, summed);
            foreach (double notANumber in (double[])[0, 0.02, 1])
            {
                string label = $"reduce max {shape} axes {summed:b} {notANumber}";
                Twin x = Ties("x", layout.Inputs, notANumber), y = Garbage("y", layout.Outputs), alone = Garbage("y without indices", layout.Outputs), dy = Random("dy", layout.Outputs);
                Twin indices = Integers("indices", layout.Outputs);
                foreach (Device on in Both())
                {
                    on.ReduceMax(layout, x.On(on), y.On(on), indices.On(on));
                    on.ReduceMax(layout, x.On(on), alone.On(on), null);
                }
                Check(label, y, alone, x);
                indices.AssertSameIntegers(label, reference, Device);
                foreach (float beta in Betas)
                {
                    Twin dx = Output("dx", layout.Inputs, beta);
                    foreach (Device on in Both()) on.ReduceMaxBackward(layout, indices.On(on), dy.On(on), dx.On(on), beta);
                    Check($"{label} beta {beta}", dx, dy);
                }
                Release();
            }
        }
    }

    [Fact]
    public void GatherRowsMakesAForeignRowNotANumber()
    {
        foreach ((int rows, int columns, int count) in Tables())
        {
            int[] ids = Ids(rows, count);
            Twin table = Random("table", rows * columns), from = Keep(Twin.Of("ids", ids, reference, Device)), y = Output("y", count * columns, 0);
            foreach (Device on in Both()) on.GatherRows(columns, table.On(on), from.On(on), y.On(on));
            Check($"gather {count} of {rows} rows of {columns}", y, table);
            Release();
        }
    }

    [Fact]
    public void ScatterRowsAddsRowsOfTheSameIdAndIgnoresForeignOnes()
    {
        foreach ((int rows, int columns, int count) in Tables())
        {
            int[] ids = Ids(rows, count);
            foreach (float beta in Betas)
            {
                Twin dy = Random("dy", count * columns), to = Keep(Twin.Of("ids", ids, reference, Device)), table = Output("table", rows * columns, beta);
                foreach (Device on in Both()) on.ScatterRows(columns, to.On(on), dy.On(on), table.On(on), beta);
                Check($"scatter {count} to {rows} rows of {columns} beta {beta}", table, dy);
                Release();
            }
        }
    }

    [Fact]
    public void ScatterRowsTouchesOnlyRowsThatWereUsedWhereItAccumulates()
    {
        // Adding anything to −0 leaves +0.
        double[] negative = [.. Enumerable.Repeat(-0.0, 7 * 9)];
        Twin table = Keep(Twin.Of("table", negative, reference, Device)), ids = Keep(Twin.Of("ids", [2, 5, 2, -1, 7], reference, Device)), dy = Random("dy", 5 * 9);
        Device.ScatterRows(9, ids.OnDevice, dy.OnDevice, table.OnDevice, 1);
        double[] found = table.Values(Device);
        for (int i = 0; i < found.Length; i++) Assert.Equal(i / 9 is 2 or 5, found[i] != 0 || !double.IsNegative(found[i]));
    }

    private IEnumerable<(int Rows, int Columns, int Count)> Tables() =>
        ((int, int, int)[])[(1, 1, 1), (5, 1, 9), (9, 3, 20), (13, 8, 0), (7, 17, 31), (4, 33, Big(600)), (Big(600), 10, 50), (50, Big(130), 90), (Big(1000), 16, Big(1500)), (3, Big(4000), 7)];

    /// <summary>Rows of a table, some of them often, and some that are not in it.</summary>
    private int[] Ids(int rows, int count)
    {
        int[] foreign = [-1, rows, int.MinValue, int.MaxValue], ids = new int[count];
        for (int i = 0; i < count; i++) ids[i] = random.NextInt32(8) == 0 ? foreign[random.NextInt32(4)] : random.NextInt32(3) == 0 ? rows / 2 : random.NextInt32(rows);
        return ids;
    }

    /// <summary>Boxes by hand, then boxes drawn from a seed: any order of the axes, gaps, steps, backwards, and where places of x may be read again, strides of 0.</summary>
    private IEnumerable<BoxCase> Boxes(bool repeats)
    {
        int many = Big(4000);
        yield return new([], 0, [], 0, [], 1, 1);
        yield return new([], 2, [], 1, [], 3, 4);
        yield return new([0, 3], 0, [3, 1], 0, [3, 1], 5, 7);
        yield return new([9 * many], 3, [1], 5, [1], (9 * many) + 4, (9 * many) + 9);                   // one run
        yield return new([many], 0, [3], 1, [1], 3 * many, many + 2);                                   // steps
        yield return new([many], many - 1, [-1], 0, [2], many, 2 * many);                               // backwards
        yield return new([many, 3], 0, [5, 1], 2, [8, 1], 5 * many, 8 * many);                          // short runs
        yield return new([many, 1], 0, [8, 1], 0, [1, 1], 8 * many, many);                              // a column
        yield return new([70, Big(130)], 0, [1, 70], 0, [Big(130), 1], 70 * Big(130), 70 * Big(130));   // transposed
        yield return new([Big(130), 70], 0, [70, 1], 0, [1, Big(130)], 70 * Big(130), 70 * Big(130));
        yield return new([3, 33, Big(90)], 0, [33 * Big(90), 1, 33], 0, [33 * Big(90), Big(90), 1], 99 * Big(90), 99 * Big(90));
        if (repeats) yield return new([many, 4], 0, [0, 1], 0, [4, 1], 4, 4 * many);
        for (int i = 0; i < 60; i++) yield return BoxCase.Draw(random, repeats);
    }

    private sealed record BoxCase(Shape Box, int OffsetX, int[] StridesX, int OffsetY, int[] StridesY, int LengthX, int LengthY)
    {
        public StridedLayout Layout => new(Box, OffsetX, StridesX, OffsetY, StridesY);

        public static BoxCase Draw(RandomStream random, bool repeats)
        {
            var box = new int[1 + random.NextInt32(4)];
            for (int axis = 0; axis < box.Length; axis++) box[axis] = 1 + random.NextInt32(random.NextInt32(3) == 0 ? 17 : 5);
            (int offsetX, int[] stridesX, int lengthX) = Side(repeats);
            (int offsetY, int[] stridesY, int lengthY) = Side(false);
            return new(new Shape(box), offsetX, stridesX, offsetY, stridesY, lengthX, lengthY);

            (int Offset, int[] Strides, int Length) Side(bool mayRepeat)
            {
                var order = new List<int>(Enumerable.Range(0, box.Length));
                if (random.NextInt32(2) == 0) order = [.. order.OrderBy(_ => random.NextDouble())];
                var strides = new int[box.Length];
                int offset = 0, row = 1;
                foreach (int axis in order)                                       // innermost first
                {
                    if (mayRepeat && random.NextInt32(8) == 0) continue;
                    bool plain = random.NextInt32(2) == 0;
                    int step = plain ? 1 : 1 + random.NextInt32(3), before = plain ? 0 : random.NextInt32(3), after = plain ? 0 : random.NextInt32(3), reach = (box[axis] - 1) * step;
                    bool backwards = random.NextInt32(4) == 0;
                    strides[axis] = (backwards ? -step : step) * row;
                    offset += (before + (backwards ? reach : 0)) * row;
                    row *= before + reach + 1 + after;
                }
                return (offset, strides, row);
            }
        }

        public IEnumerable<int> PlacesY()
        {
            for (int i = 0; i < Box.Count; i++)
            {
                int at = OffsetY, rest = i;
                for (int axis = Box.Rank - 1; axis >= 0; axis--)
                {
                    at += rest % Box[axis] * StridesY[axis];
                    rest /= Box[axis];
                }
                yield return at;
            }
        }

        public override string ToString() => $"{Box} x {OffsetX}+[{string.Join(',', StridesX)}] y {OffsetY}+[{string.Join(',', StridesY)}]";
    }
}
