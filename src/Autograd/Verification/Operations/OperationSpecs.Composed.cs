namespace ResearchFreeze.Autograd;

// What is made of other operations: what it keeps and calls is theirs.
public static partial class OperationSpecs
{
    private static IReadOnlyList<OperationSpec> Composed =>
    [
        Of("reshape with an open extent", 1, x => x.Reshape(-1, x.Shape[0])),
        Of("squeeze and unsqueeze", 2, x => x.Unsqueeze(0).Unsqueeze(-1).Squeeze(0, -1) * x.Unsqueeze(1).Squeeze()),
        Of("slice as Python does", 2, x => x.Slice(0, -2, 99) * x.Slice(0, -2, null) + x.Slice(-1, -1, null, -2).Sum()),
        Of("flip", 3, x => x.Flip(0, -1)),
        Of("split", 2, x => Tensor.Concatenate(0, [.. x.Split(0, 1, x.Shape[0] - 1).Reverse()])),
        Of("stack", 2, x => Tensor.Stack(1, x, x.Square(), x.Flip(0))),
        Of("tile", 2, x => x.Tile(2, 3).Square()),
        Of("product", 3, x => x.Product([0, 2])),
        Of("product of all of an axis", 2, x => x.Product([-1], keepAxes: true)),
        Of("min", 2, x => x.Min([0]), distinct: true),
        Of("min of all", 2, x => x.Min(), distinct: true),
        Of("log-sum-exp", 3, x => x.LogSumExp([0, -1])),
        Of("log-sum-exp, axes kept", 2, x => x.LogSumExp([1], keepAxes: true)),
        Of("cumulative sum", 2, x => x.CumulativeSum(0) * x.CumulativeSum(-1)),
        Of("top k", 2, x => x.TopK(Math.Min(3, x.Shape[^1])).Values, distinct: true),
        Taken("take", (x, axis, ids) => x.Take(axis, ids), along: false),
        Taken("take along", (x, axis, ids) => x.TakeAlong(axis, ids), along: true),
        Taken("scatter add", (x, axis, ids) => x.ScatterAdd(axis, ids, x.TakeAlong(axis, ids).Square()), along: true),
        Einsum("ij,jk->ik", [2, 3], [3, 4]),
        Einsum("bqd,bkd->bqk", [2, 3, 4], [2, 5, 4]),
        Einsum("bhqk,bkhd->bqhd", [2, 3, 4, 5], [2, 5, 3, 2]),
        Einsum("i,j->ji", [3], [4]),
        Einsum("ij,kj->", [3, 4], [2, 4]),
        Einsum("bi,bi->b", [3, 4], [3, 4]),
        Of("softmax over other axes", 3, x => x.Softmax(0, 1)),
        Of("log softmax over another axis", 3, x => x.LogSoftmax(-2)),
        Normed("layer norm over other axes", [0, -1], (x, gamma, beta) => x.LayerNorm(gamma, beta, [0, -1], 0.1f)),
        Normed("rms norm over an axis in between", [1], (x, gamma, beta) => x.RmsNorm(gamma, [-2], 0.1f) * beta.Sum()),
        Of("einsum of one", 3, x => Tensor.Einsum("abc->ca", x)),
        new("matmul of batches that broadcast", c =>
        {
            int m = c.Extent(4), k = c.Extent(4), n = c.Extent(4), batch = c.Extent(3);
            c.Add([batch, 1, m, k]);
            c.Add([3, k, n]);
            c.IsComposed = true;
            c.Apply = inputs => ((Tensor)inputs[0]).MatMul((Tensor)inputs[1]);
        }),
    ];

    private static OperationSpec Of(string name, int rank, Func<Tensor, Tensor> apply, bool distinct = false) => new(name, c =>
    {
        Shape x = c.Shape(rank, 5);
        // Two rows at least, so that there is something to cut, turn round or multiply.
        x = x.With(0, Math.Max(2, x[0]));
        if (distinct) c.AddDistinct(x);
        else c.Add(x);
        c.IsComposed = true;
        c.Apply = inputs => apply((Tensor)inputs[0]);
    });

    private static OperationSpec Normed(string name, int[] axes, Func<Tensor, Tensor, Tensor, Tensor> apply) => new(name, c =>
    {
        Shape x = c.Add(c.Shape(3, 4)), extents = new([.. axes.Select(axis => x[axis < 0 ? x.Rank + axis : axis])]);
        c.Add(extents);
        c.Add(extents);
        c.IsComposed = true;
        c.Apply = inputs => apply((Tensor)inputs[0], (Tensor)inputs[1], (Tensor)inputs[2]);
    });

    private static OperationSpec Taken(string name, Func<Tensor, int, IntTensor, Tensor> apply, bool along) => new(name, c =>
    {
        Shape x = c.Add(c.Shape(1 + c.Random.NextInt32(3), 4));
        int axis = c.Random.NextInt32(x.Rank), count = c.Extent(5), named = c.Random.NextInt32(2) == 0 ? axis : axis - x.Rank;
        Shape ids = along ? x.With(axis, count) : [count];
        c.AddIntegers(ids, [.. Enumerable.Range(0, ids.Count).Select(_ => c.Random.NextInt32(x[axis]))]);
        c.IsComposed = true;
        c.Apply = inputs => apply((Tensor)inputs[0], named, (IntTensor)inputs[1]);
    });

    private static OperationSpec Einsum(string pattern, Shape a, Shape b) => new($"einsum {pattern}", c =>
    {
        c.Add(a);
        c.Add(b);
        c.IsComposed = true;
        c.Apply = inputs => Tensor.Einsum(pattern, (Tensor)inputs[0], (Tensor)inputs[1]);
    });
}
