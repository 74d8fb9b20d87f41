namespace ResearchFreeze.Autograd;

/// <summary>
/// y = activation(x·Wᵀ + b) over the innermost axis: x (…, in), W (out, in), b (out) or absent. With z the value before the activation and dz = dy·activation'(z):
/// dx = dz·W keeps W alone; dW = dzᵀ·x keeps x alone; db = Σ dz keeps neither. The activation's derivative follows from y, which the next layer keeps anyway.
/// </summary>
public sealed class LinearFunction(Activation activation) : ActivatedFunction(activation, Y)
{
    private const int X = 0, W = 1, Y = 2;

    /// <inheritdoc/>
    public override string Name => "linear";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Shape x = inputs[0].Shape, w = inputs[1].Shape;
        if (x.Rank < 1 || w.Rank != 2 || x[^1] != w[1]) throw new ShapeException($"linear: input {x} does not fit weight {w} (out, in).");
        if (inputs.Length > 2 && inputs[2].Shape != new Shape(w[0])) throw new ShapeException($"linear: bias {inputs[2].Shape} does not fit weight {w} (out, in).");
        Tensor y = context.Result(x.With(^1, w[0]));
        TensorRange? bias = inputs.Length > 2 ? inputs[2].Range : null;
        context.Device.Gemm(GemmShape.Of(Rows(x), w[0], w[1], transposeB: true), inputs[0].Range, inputs[1].Range, y.Range, 0, bias, Activation);
        context.Save(X, inputs[0], InputSet.Of(1));
        context.Save(W, inputs[1], InputSet.Of(0));
        SaveOutput(context, y, InputSet.Of(0, 1, 2));
        return y;
    }

    /// <summary>One gradient from dz, which <see cref="ActivatedFunction.BackwardMany"/> made of dy.</summary>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        Shape x = context.InputShape(0), w = context.InputShape(1);
        TensorRange to = dx.Open(out float beta);
        switch (input)
        {
            case 0:
                context.Device.Gemm(GemmShape.Of(Rows(x), w[1], w[0]), dy.Range, context.Saved(W).Range, to, beta);
                break;
            case 1:
                context.Device.Gemm(GemmShape.Of(w[0], w[1], Rows(x), transposeA: true), dy.Range, context.Saved(X).Range, to, beta);
                break;
            default:
                context.Device.Reduce(new ReduceLayout([Rows(x), w[0]], 1), 1, dy.Range, to, beta);
                break;
        }
    }

    private static int Rows(Shape x) => x.CountOf(0, x.Rank - 1);
}

public sealed partial class Tensor
{
    private static readonly LinearFunction[] LinearInstances = [.. Enum.GetValues<Activation>().Select(activation => new LinearFunction(activation))];

    /// <summary>activation(x·Wᵀ + b) over the innermost axis; W is (out, in), b (out) or null.</summary>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Tensor Linear(Tensor weight, Tensor? bias, Activation activation = Activation.None) =>
        bias is null ? LinearInstances[(int)activation].Apply([this, weight]) : LinearInstances[(int)activation].Apply([this, weight, bias]);
}
