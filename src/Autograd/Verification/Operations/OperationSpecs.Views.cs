namespace ResearchFreeze.Autograd;

// What moves elements, extremes and variance over axes, rows by index.
public static partial class OperationSpecs
{
    private static IReadOnlyList<OperationSpec> Views =>
    [
        new("permute", c =>
        {
            Shape x = c.Add(c.Shape(1 + c.Random.NextInt32(5), 4));
            int[] order = [.. Enumerable.Range(0, x.Rank)];
            for (int i = order.Length - 1; i > 0; i--)
            {
                int j = c.Random.NextInt32(i + 1);
                (order[i], order[j]) = (order[j], order[i]);
            }
            if (c.Random.NextInt32(2) == 0) order[0] -= x.Rank;
            Declare(c, x, t => t.Permute(order), 0, 1);
        }),
        new("concatenate", c =>
        {
            Shape first = c.Add(c.Shape(1 + c.Random.NextInt32(3), 4));
            int axis = c.Random.NextInt32(first.Rank), parts = c.Extent(3);
            for (int i = 1; i < parts; i++) c.Add(first.With(axis, c.Extent(4)));
            int named = c.Random.NextInt32(2) == 0 ? axis : axis - first.Rank;
            c.Apply = inputs => Tensor.Concatenate(named, [.. inputs.Cast<Tensor>()]);
            c.SavedElements = _ => 0;
            c.BackwardCalls = wanted => wanted.Count;
        }),
        new("slice by a step", c =>
        {
            Shape x = c.Add(c.Shape(1 + c.Random.NextInt32(3), 7));
            int axis = c.Random.NextInt32(x.Rank), extent = x[axis], step = c.Extent(3);
            int low = c.Random.NextInt32(extent), high = low + c.Random.NextInt32(extent - low) + 1;
            bool backwards = c.Random.NextInt32(2) == 0;
            Declare(c, x, t => backwards ? t.Slice(axis, high - 1, low == 0 ? null : low - 1, -step) : t.Slice(axis - x.Rank, low, high, step), 0, 1);
        }),
        new("pad", c =>
        {
            Shape x = c.Add(c.Shape(1 + c.Random.NextInt32(4), 3));
            int[] before = [.. Enumerable.Range(0, x.Rank).Select(_ => c.Random.NextInt32(3))], after = [.. Enumerable.Range(0, x.Rank).Select(_ => c.Random.NextInt32(3))];
            Declare(c, x, t => t.Pad(before, after), 0, 1);
        }),
        new("max", c =>
        {
            Shape x = c.AddDistinct(c.Shape(1 + c.Random.NextInt32(4), 5));
            int[] axes = [.. Enumerable.Range(0, x.Rank).Where(_ => c.Random.NextInt32(2) == 0)];
            bool keep = c.Random.NextInt32(2) == 0;
            Declare(c, x, t => t.Max(axes, keep), 0, 1);
            c.SavedIntegers = _ => Enumerable.Range(0, x.Rank).Except(axes).Aggregate(1, (count, axis) => count * x[axis]);
        }),
        new("max of all", c =>
        {
            Declare(c, c.AddDistinct(c.Shape(c.Random.NextInt32(4), 5)), x => x.Max(), 0, 1);
            c.SavedIntegers = _ => 1;
        }),
        new("variance", c =>
        {
            Shape x = c.Add(c.Shape(1 + c.Random.NextInt32(4), 5).With(0, 1 + c.Extent(4)));
            int[] axes = [0, .. Enumerable.Range(1, x.Rank - 1).Where(_ => c.Random.NextInt32(2) == 0)];
            bool unbiased = c.Random.NextInt32(2) == 0, keep = c.Random.NextInt32(2) == 0;
            // x − mean is kept; backward: the mean's, the square's, the mean of x's sum with its sign, its expansion, and the factor n / (n − 1).
            Declare(c, x, t => t.Variance(axes, unbiased, keep), x.Count, unbiased ? 5 : 4);
        }),
        new("embedding", c =>
        {
            Shape table = c.Add([c.Extent(6), c.Extent(9)]), ids = c.Shape(c.Random.NextInt32(3), 5);
            c.AddIntegers(ids, [.. Enumerable.Range(0, ids.Count).Select(_ => c.Random.NextInt32(table[0]))]);
            c.Apply = inputs => ((Tensor)inputs[0]).Embedding((IntTensor)inputs[1]);
            c.SavedElements = _ => 0;
            c.SavedIntegers = _ => ids.Count;
            c.BackwardCalls = _ => 1;
        }),
    ];
}
