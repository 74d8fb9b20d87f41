namespace ResearchFreeze.Autograd;

/// <summary>y = softmax of the innermost axis. dx = y·(dy − Σ dy·y), from y alone.</summary>
public sealed class SoftmaxFunction : Function
{
    private const int Y = 0;

    /// <inheritdoc/>
    public override string Name => "softmax";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Shape x = inputs[0].Shape;
        if (x.Rank == 0 || x[^1] == 0) throw new ShapeException($"softmax: needs a non-empty innermost axis, found {x}.");
        Tensor y = context.Result(x);
        context.Device.Softmax(x.CountOf(0, x.Rank - 1), x[^1], inputs[0].Range, y.Range);
        context.Save(Y, y, InputSet.Of(0));
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        Shape x = dx.Shape;
        TensorRange to = dx.Open(out float beta);
        context.Device.SoftmaxBackward(x.CountOf(0, x.Rank - 1), x[^1], context.Saved(Y).Range, dy.Range, to, beta);
    }
}

public sealed partial class Tensor
{
    private static readonly SoftmaxFunction SoftmaxInstance = new();

    /// <summary>The softmax of the innermost axis.</summary>
    public Tensor Softmax() => SoftmaxInstance.Apply([this]);

    /// <summary>The softmax over any axes together (negative: from the innermost). What is not innermost is moved there and back.</summary>
    /// <exception cref="ShapeException">There is no such axis, or one is named twice.</exception>
    public Tensor Softmax(params ReadOnlySpan<int> axes) => AlongInnermost("softmax", axes, x => x.Softmax());
}
