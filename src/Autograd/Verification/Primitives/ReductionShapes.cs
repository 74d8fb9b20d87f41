namespace ResearchFreeze.Autograd;

/// <summary>Reductions that a device must get right: any axes of small shapes, then sums that are cut into parts.</summary>
internal static class ReductionShapes
{
    private static readonly (Shape Shape, int Summed)[] Listed =
    [
        ([], 0), ([1], 1), ([5], 0), ([40], 1), ([1, 7, 1], 2), ([0, 3], 2), ([0, 3], 1), ([3, 0], 1), ([3, 70], 2), ([70, 3], 1), ([3, 4, 5], 5), ([2, 3, 2, 3, 2, 3], 0b101010), ([2, 3, 2, 3, 2, 3], 0b010101),
        ([2, 9, 3, 31], 0b1010), ([31], 1), ([65], 1), ([256], 1), ([257], 1), ([33, 500], 1), ([5, 40, 7], 5), ([17, 300, 4], 2), ([300, 2], 2), ([300, 40], 2), ([4, 100, 67], 2), ([1, 40, 300], 2), ([2, 1500, 3], 2),
        ([4001, 1, 3], 4), ([5, 700], 1), ([2000, 3, 5], 5), ([20_000], 1), ([3, 9000], 2), ([3000, 10], 1), ([3000, 10], 2), ([2500, 33], 1), ([90_000], 1), ([3, 32_000], 2), ([500, 257], 2),
        .. AllAxes([3, 5, 2, 7]), .. AllAxes([13, 31]), .. AllAxes([1, 9, 1, 4]), .. AllAxes([2, 70, 3]), .. AllAxes([129]), .. AllAxes([31, 129]),
    ];

    public static IEnumerable<ReduceLayout> For(CaseSizes sizes) => sizes.FittingSums(Listed, item => item.Shape.Count).Select(item => new ReduceLayout(item.Shape, item.Summed));

    /// <summary>Those that have a largest element.</summary>
    public static IEnumerable<ReduceLayout> WithElements(CaseSizes sizes) => For(sizes).Where(layout => layout.Inputs > 0 || layout.Outputs == 0);

    private static IEnumerable<(Shape, int)> AllAxes(Shape shape) => Enumerable.Range(0, 1 << shape.Rank).Select(summed => (shape, summed));
}
