namespace ResearchFreeze.Autograd;

/// <summary>Every operation with what it declares to keep and to call. An operation that is missing here has not landed.</summary>
public static partial class OperationSpecs
{
    /// <summary>The specifications, each to be verified on a device.</summary>
    public static IReadOnlyList<OperationSpec> All { get; } =
    [
        Map("exp", x => x.Exp()),
        Map("log", x => x.Log(), positive: true),
        Map("sqrt", x => x.Sqrt(), positive: true),
        Map("tanh", x => x.Tanh()),
        Map("sigmoid", x => x.Sigmoid()),
        Map("relu", x => x.Relu()),
        Map("square", x => x.Square()),
        Map("negate", x => x.Negate(), keeps: false),
        Map("add scalar", x => x + 0.75, keeps: false),
        Map("multiply scalar", x => x * -1.5, keeps: false),
        Map("divide by scalar", x => x / -0.7, keeps: false),
        Zip("add", (a, b) => a + b, (_, _, _, _) => 0, (a, y, dx) => a == y ? 0 : 1),
        Zip("subtract", (a, b) => a - b, (_, _, _, _) => 0, (a, y, dx) => dx == 0 && a == y ? 0 : 1),
        Zip("multiply", (a, b) => a * b,
            (a, b, y, wanted) => (wanted.Contains(1) ? a.Count : 0) + (wanted.Contains(0) ? b.Count : 0),
            (a, y, dx) => a == y ? 1 : 2),
        Zip("divide", (a, b) => a / b,
            (a, b, y, wanted) => b.Count + (wanted.Contains(1) ? y.Count : 0),
            (a, y, dx) => dx == 0 ? (a == y ? 1 : 2) : 3),
        Reduction("sum", (x, axes, keep) => x.Sum(axes, keep)),
        Reduction("mean", (x, axes, keep) => x.Mean(axes, keep)),
        new("sum of all", c => Declare(c, c.Add(c.Shape(c.Random.NextInt32(4), 5)), x => x.Sum(), 0, 1)),
        new("mean of all", c => Declare(c, c.Add(c.Shape(c.Random.NextInt32(4), 5)), x => x.Mean(), 0, 1)),
        new("reshape", c =>
        {
            Shape x = c.Add(c.Shape(3, 5));
            Declare(c, x, t => t.Reshape([x[0] * x[1], x[2]]), 0, 0);
        }),
        new("slice", c =>
        {
            Shape x = c.Add(c.Shape(1 + c.Random.NextInt32(3), 6));
            int length = 1 + c.Random.NextInt32(x[0]);
            int start = c.Random.NextInt32(x[0] - length + 1);
            Declare(c, x, t => t.Slice(0, start, start + length), 0, 1);
        }),
        new("matmul", MatMul),
        new("linear", Linear),
        new("softmax", c =>
        {
            Shape x = c.Add(c.Shape(1 + c.Random.NextInt32(3), 9));
            Declare(c, x, t => t.Softmax(), x.Count, 1);
        }),
        new("cross entropy", CrossEntropy),
        new("mean squared error", c =>
        {
            Shape x = c.Add(c.Shape(2, 7));
            c.Add(x);
            c.Apply = inputs => ((Tensor)inputs[0]).MeanSquaredError((Tensor)inputs[1]);
            c.SavedElements = _ => x.Count;                                       // the difference, for its square
            c.BackwardCalls = wanted => 2 + (wanted.Contains(1) ? 1 : 0);         // mean, square, the sign of the second operand
        }),
        new("dropout", c =>
        {
            Shape x = c.Add(c.Shape(2, 9));
            var key = new DropoutKey(RandomStream.KeyOf(7, "dropout"), (ulong)c.Random.NextInt32(1000), 0.1f * c.Random.NextInt32(9));
            Declare(c, x, t => t.Dropout(key), 0, 1);
        }),
        .. Elementwise,
        .. Views,
        .. Losses,
        .. Images,
        .. Normalisations,
        .. Indices,
        .. Sequences, .. Attentions,
        .. Composed,
    ];

    private static OperationSpec Map(string name, Func<Tensor, Tensor> apply, bool positive = false, bool keeps = true, double tolerance = 2e-5, int calls = 1) => new(name, c =>
    {
        Shape x = c.Add(c.Shape(1 + c.Random.NextInt32(3), 7), positive);
        Declare(c, x, apply, keeps ? x.Count : 0, calls);
    })
    { Tolerance = tolerance };

    private static void Declare(OperationCase c, Shape x, Func<Tensor, Tensor> apply, long saved, int calls)
    {
        _ = x;
        c.Apply = inputs => apply((Tensor)inputs[0]);
        c.SavedElements = _ => saved;
        c.BackwardCalls = _ => calls;
    }

    private static OperationSpec Zip(
        string name, Func<Tensor, Tensor, Tensor> apply, Func<Shape, Shape, Shape, InputSet, long> saved, Func<Shape, Shape, int, int> calls) => new(name, c =>
    {
        Shape y = c.Shape(1 + c.Random.NextInt32(4), 4);
        Shape a = c.Add(Operand(c, y)), b = c.Add(Operand(c, y));
        Shape result = Shape.Broadcast(a, b, name);
        c.Apply = inputs => apply((Tensor)inputs[0], (Tensor)inputs[1]);
        c.SavedElements = wanted => saved(a, b, result, wanted);
        c.BackwardCalls = wanted => (wanted.Contains(0) ? calls(a, result, 0) : 0) + (wanted.Contains(1) ? calls(b, result, 1) : 0);
    });

    /// <summary>A shape that broadcasts to y: some leading axes dropped, some others 1.</summary>
    private static Shape Operand(OperationCase c, Shape y)
    {
        int drop = c.Random.NextInt32(3) == 0 ? c.Random.NextInt32(y.Rank + 1) : 0;
        int[] extents = y.ToArray()[drop..];
        for (int i = 0; i < extents.Length; i++)
        {
            if (c.Random.NextInt32(4) == 0) extents[i] = 1;
        }
        return new Shape(extents);
    }

    private static OperationSpec Reduction(string name, Func<Tensor, int[], bool, Tensor> apply) => new(name, c =>
    {
        Shape x = c.Add(c.Shape(1 + c.Random.NextInt32(4), 5));
        int[] axes = [.. Enumerable.Range(0, x.Rank).Where(_ => c.Random.NextInt32(2) == 0)];
        bool keep = c.Random.NextInt32(2) == 0;
        Declare(c, x, t => apply(t, axes, keep), 0, 1);
    });

    private static void MatMul(OperationCase c)
    {
        int m = c.Extent(9), n = c.Extent(9), k = c.Extent(9);
        bool transposeA = c.Random.NextInt32(2) == 0, transposeB = c.Random.NextInt32(2) == 0;
        int[] batch = [.. Enumerable.Range(0, c.Random.NextInt32(3)).Select(_ => c.Extent(3))];
        int batched = c.Random.NextInt32(3);                                      // both operands, only the first, only the second
        int[] a = transposeA ? [k, m] : [m, k], b = transposeB ? [n, k] : [k, n];
        Shape shapeA = c.Add(new Shape([.. batched == 2 ? [] : batch, .. a])), shapeB = c.Add(new Shape([.. batched == 1 ? [] : batch, .. b]));
        int products = batch.Aggregate(1, (x, y) => x * y);
        c.Apply = inputs => ((Tensor)inputs[0]).MatMul((Tensor)inputs[1], transposeA, transposeB);
        c.SavedElements = wanted => (wanted.Contains(1) ? shapeA.Count : 0) + (wanted.Contains(0) ? shapeB.Count : 0);
        c.BackwardCalls = wanted =>
            (wanted.Contains(0) ? (shapeA.Rank == 2 ? products : 1) : 0) + (wanted.Contains(1) ? (shapeB.Rank == 2 ? products : 1) : 0);
    }

    private static void Linear(OperationCase c)
    {
        int outputs = c.Extent(9);
        Shape x = c.Add(c.Shape(1 + c.Random.NextInt32(3), 6)), w = c.Add([outputs, x[^1]]);
        bool bias = c.Random.NextInt32(3) > 0;
        if (bias) c.Add([outputs]);
        Activation activation = Enum.GetValues<Activation>()[c.Random.NextInt32(4)];
        int y = x.Count / x[^1] * outputs;
        c.Apply = inputs => ((Tensor)inputs[0]).Linear((Tensor)inputs[1], bias ? (Tensor)inputs[2] : null, activation);
        c.SavedElements = wanted =>
            (wanted.Contains(1) ? x.Count : 0) + (wanted.Contains(0) ? w.Count : 0) + (activation == Activation.None ? 0 : y);
        c.BackwardCalls = wanted => wanted.Count + (activation == Activation.None ? 0 : 1);
    }

    private static void CrossEntropy(OperationCase c)
    {
        int rows = c.Extent(9), classes = 1 + c.Extent(9);
        Shape x = c.Add([rows, classes]);
        var labels = new int[rows];
        for (int i = 0; i < rows; i++) labels[i] = i > 0 && c.Random.NextInt32(4) == 0 ? Tensor.DefaultIgnoreIndex : c.Random.NextInt32(classes);
        c.AddIntegers([rows], labels);
        bool weighted = c.Random.NextInt32(2) == 0;
        if (weighted) c.AddConstant([classes], positive: true);
        double smoothing = c.Random.NextInt32(2) == 0 ? 0 : 0.1;
        c.Apply = inputs => ((Tensor)inputs[0]).CrossEntropy((IntTensor)inputs[1], weighted ? (Tensor)inputs[2] : null, smoothing);
        c.SavedElements = _ => x.Count + rows + 1 + (weighted ? classes : 0);
        c.SavedIntegers = _ => rows;
        c.BackwardCalls = _ => 1;
    }
}
