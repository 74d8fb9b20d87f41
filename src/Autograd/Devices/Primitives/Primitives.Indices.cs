namespace ResearchFreeze.Autograd;

// Places of elements.
public static partial class Primitives
{
    // Outer, extent, count, inner.
    private static readonly (int Outer, int Extent, int Count, int Inner)[] IndexedAxes = [(1, 1, 1, 1), (0, 4, 3, 2), (3, 5, 2, 1), (1, 7, 7, 33), (4, 0, 2, 3), (2, 300, 5, 17), (31, 3, 9, 7), (1, 1000, 600, 1)];

    private static IReadOnlyList<PrimitiveDescription> Indices =>
    [
        new(Primitive.TopIndices, Reads("x"), Integers(Writes("indices")))
        {
            Kernels = Kernels(nameof(IndexKernels), nameof(IndexKernels.Top)),
            Tolerance = Exact,
            Cases = b =>
            {
                foreach ((int rows, int columns) in MatricesFor(b))
                {
                    // Few different values, so that there are equals, and some that are none.
                    float[] values = Array.ConvertAll(b.Draw(rows * columns), value => MathF.Round(value * 8));
                    for (int i = 3; i < values.Length; i += 29) values[i] = float.NaN;
                    for (int i = 5; i < values.Length; i += 31) values[i] = i % 2 == 0 ? float.PositiveInfinity : float.NegativeInfinity;
                    foreach (int count in new[] { 0, 1, 3, 8, columns }.Where(count => count <= columns && (long)count * columns <= 40_000).Distinct())
                        b.Device.TopIndices(rows, columns, count, b.Reals(values), b.Integers(new int[rows * count]));
                }
            },
        },
        new(Primitive.AxisIndices, Integers(Reads("x")), Integers(Writes("y")))
        {
            Kernels = Kernels(nameof(IndexKernels), nameof(IndexKernels.Axis)),
            Tolerance = Exact,
            Cases = b =>
            {
                foreach ((int outer, int extent, int count, int inner) in IndexedAxes.Where(axis => axis.Extent > 0))
                {
                    int elements = outer * extent * inner;
                    int[] places = [.. Enumerable.Range(0, outer * count * inner).Select(i => (int)(i * 7919L % elements))];
                    b.Device.AxisIndices(extent, inner, b.Integers(places), b.Integers(new int[places.Length]));
                }
            },
        },
        new(Primitive.FlatIndices, Integers(Reads("x")), Integers(Writes("y")))
        {
            Kernels = Kernels(nameof(IndexKernels), nameof(IndexKernels.Flat)),
            Tolerance = Exact,
            Cases = b =>
            {
                foreach ((int outer, int extent, int count, int inner) in IndexedAxes)
                {
                    int[] foreign = [-1, extent, int.MinValue, int.MaxValue];
                    int[] places = [.. Enumerable.Range(0, outer * count * inner).Select(i => extent == 0 || i % 6 == 5 ? foreign[i / 6 % 4] : (int)(i * 7919L % extent))];
                    b.Device.FlatIndices(extent, count, inner, b.Integers(places), b.Integers(new int[places.Length]));
                }
            },
        },
    ];
}
