using ResearchFreeze.Autograd;

namespace ResearchFreeze.Benchmarks;

/// <summary>Operations without products that models are full of, forward and, where it says so, forward and backward, on 2²² elements: "of bandwidth" is the part of a plain copy's speed over the same bytes that is reached.</summary>
public class HotOperations : WorkBenchmark
{
    private const int Rows = 4096;
    private const int Columns = 1024;

    private static readonly Shape Matrix = [Rows, Columns];

    public override IEnumerable<Work> Works =>
    [
        Unary("relu", x => x.Relu()),
        Both("relu", x => x.Relu()),
        Unary("exp", x => x.Exp()),
        Unary("tanh", x => x.Tanh()),
        Both("tanh", x => x.Tanh()),
        Unary("gelu", x => x.Gelu()),
        Both("gelu", x => x.Gelu()),
        Unary("silu", x => x.Silu()),
        Unary("mish", x => x.Mish()),
        Unary("erf", x => x.Erf()),
        Unary("sin", x => x.Sin()),
        Unary("x > 0", x => x > 0),
        Binary("add", Matrix, (x, y) => x + y),
        Binary("add a row", [Columns], (x, y) => x + y),
        Binary("multiply by a column", [Rows, 1], (x, y) => x * y),
        Binary("divide", Matrix, (x, y) => x / y),
        Binary("where", Matrix, (x, y) => x.Where(y, x)),
        Unary("sum of rows", x => x.Sum([1])),
        Unary("sum of columns", x => x.Sum([0])),
        Unary("mean and variance of rows", x => x.Variance([1])),
        Unary("max of rows", x => x.Max([1])),
        Unary("softmax", x => x.Softmax()),
        Both("softmax", x => x.Softmax()),
        Unary("log-softmax", x => x.LogSoftmax()),
        new("layer norm", operands =>
        {
            (Tensor gamma, Tensor beta) = (operands.Normal(new Shape(Columns)), operands.Normal(new Shape(Columns)));
            return Forward(operands, x => x.LayerNorm(gamma, beta));
        }),
        Unary("transpose", x => x.Permute(1, 0)),
        Unary("heads apart", x => x.Reshape(32, 128, 16, 64).Permute(0, 2, 1, 3)),
        Unary("half of the columns", x => x.Slice(1, 0, Columns / 2)),
        Binary("concatenate columns", Matrix, (x, y) => Tensor.Concatenate(1, x, y)),
        new("take rows", operands =>
        {
            IntTensor ids = operands.Own(IntTensor.From(operands.Device, [.. Enumerable.Range(0, Rows).Select(i => i * 7919 % Rows)]));
            return Forward(operands, x => x.Take(0, ids));
        }),
        new("LSTM cell", operands => Cell(operands, 4, (part, product, state) => part.LstmCell(product, state))),
        new("GRU cell", operands => Cell(operands, 3, (part, product, state) => part.GruCell(product, state))),
    ];

    private static Work Unary(string name, Func<Tensor, Tensor> apply) => new(name, operands => Forward(operands, apply));

    private static Work Binary(string name, Shape other, Func<Tensor, Tensor, Tensor> apply) => new(name, operands =>
    {
        Tensor y = operands.Normal(other);
        return Forward(operands, x => apply(x, y));
    });

    private static Work Both(string name, Func<Tensor, Tensor> apply) => new($"{name}, forward and backward", operands =>
    {
        (Tensor x, Tensor dy) = (operands.Normal(Matrix), operands.Normal(Matrix));
        Tensor leaf = operands.Own(x.AsLeaf());
        return () =>
        {
            using var scope = new Scope();
            apply(leaf).Backward(dy, ParameterSink.Instance);
            leaf.ClearGrad();
        };
    });

    private static Action Forward(Operands operands, Func<Tensor, Tensor> apply)
    {
        Tensor x = operands.Normal(Matrix);
        return () => Quietly(() => apply(x));
    }

    private static Action Cell(Operands operands, int gates, Func<Tensor, Tensor, Tensor, Tensor> apply)
    {
        (Tensor part, Tensor product, Tensor state) = (operands.Normal([Rows, gates * 256]), operands.Normal([Rows, gates * 256]), operands.Normal([Rows, 256]));
        return () => Quietly(() => apply(part, product, state));
    }

    private static void Quietly(Func<Tensor> apply)
    {
        using GradMode.Restore noGraph = GradMode.Disable();
        using var scope = new Scope();
        apply();
    }
}
