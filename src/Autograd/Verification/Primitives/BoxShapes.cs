namespace ResearchFreeze.Autograd;

/// <summary>Boxes of elements that a device must get right: by hand, then drawn: any order of the axes, gaps, steps, backwards, and where places of x may be read again, strides of 0.</summary>
internal sealed record BoxShapes(Shape Box, int OffsetX, int[] StridesX, int OffsetY, int[] StridesY, int LengthX, int LengthY)
{
    private static readonly BoxShapes[] Listed =
    [
        new([], 0, [], 0, [], 1, 1),
        new([], 2, [], 1, [], 4, 3),
        new([0, 3], 0, [3, 1], 0, [3, 1], 0, 5),
        new([7], 6, [-1], 0, [1], 7, 7),                                                                  // reversed
        new([3, 5], 0, [1, 3], 0, [5, 1], 15, 15),                                                        // transposed
        new([3, 4], 0, [4, 1], 1, [7, 1], 12, 22),                                                        // into a larger one
        new([2, 3, 2], 11, [-6, -2, 1], 3, [12, 4, 2], 14, 30),                                           // every second, backwards
        new([2, 1, 3, 2, 1, 2], 0, [12, 9, 2, 6, 5, 1], 0, [12, 12, 4, 2, 2, 1], 24, 24),
        new([2, 3, 2, 3, 2, 2], 143, [-1, -2, -6, -12, -36, -72], 0, [72, 24, 12, 4, 2, 1], 144, 144),
        new([5, 64], 0, [0, 1], 0, [64, 1], 64, 320),                                                     // a row that repeats
        new([300, 17], 0, [1, 300], 0, [17, 1], 5100, 5100),
        new([70, 130], 0, [1, 70], 0, [130, 1], 9100, 9100),
        new([130, 70], 0, [70, 1], 0, [1, 130], 9100, 9100),
        new([3, 33, 90], 0, [2970, 1, 33], 0, [2970, 90, 1], 8910, 8910),
        new([9000], 3, [1], 5, [1], 9004, 9009),                                                          // one run
        new([4000], 0, [3], 1, [1], 12_000, 4002),                                                        // steps
        new([4000], 3999, [-1], 0, [2], 4000, 8000),                                                      // backwards
        new([1000, 3], 0, [5, 1], 2, [8, 1], 5000, 8000),                                                 // short runs
        new([1500, 1], 0, [8, 1], 0, [1, 1], 12_000, 1500),                                               // a column
        new([10, 20, 30], 5999, [-600, -30, -1], 7, [1300, 60, 2], 6000, 13_000),
        new([4000, 4], 0, [0, 1], 0, [4, 1], 4, 16_000),
        new([36_000], 3, [1], 5, [1], 36_004, 36_009),
        new([4000, 3], 0, [5, 1], 2, [8, 1], 20_000, 32_000),
    ];

    public StridedLayout Layout => new(Box, OffsetX, StridesX, OffsetY, StridesY);

    public static IEnumerable<BoxShapes> For(CaseSizes sizes, bool repeats)
    {
        foreach (BoxShapes box in sizes.Fitting(Listed, item => item.Box.Count))
        {
            if (repeats || !box.StridesX.Contains(0)) yield return box;
        }
        var random = new RandomStream(sizes.Seed, "boxes");
        for (int i = 0; i < sizes.Drawn; i++) yield return Draw(random, repeats);
    }

    /// <summary>Where the box's elements are in y.</summary>
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

    private static BoxShapes Draw(RandomStream random, bool repeats)
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
}
