namespace ResearchFreeze.Autograd;

/// <summary>y = x − log Σ eˣ over the innermost axis. dx = dy − eʸ·Σ dy, from y alone.</summary>
public sealed class LogSoftmaxFunction : Function
{
    private const int Y = 0;

    /// <inheritdoc/>
    public override string Name => "log softmax";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Shape x = inputs[0].Shape;
        if (x.Rank == 0 || x[^1] == 0) throw new ShapeException($"log softmax: needs a non-empty innermost axis, found {x}.");
        Tensor y = context.Result(x);
        context.Device.LogSoftmax(x.CountOf(0, x.Rank - 1), x[^1], inputs[0].Range, y.Range);
        context.Save(Y, y, InputSet.Of(0), isExact: true);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        Shape x = dx.Shape;
        TensorRange to = dx.Open(out float beta);
        context.Device.LogSoftmaxBackward(x.CountOf(0, x.Rank - 1), x[^1], context.Saved(Y).Range, dy.Range, to, beta);
    }
}

public sealed partial class Tensor
{
    private static readonly LogSoftmaxFunction LogSoftmaxInstance = new();

    /// <summary>The logarithm of the softmax of the innermost axis, without cancellation.</summary>
    public Tensor LogSoftmax() => LogSoftmaxInstance.Apply([this]);

    /// <summary>The logarithm of the softmax over any axes together (negative: from the innermost). What is not innermost is moved there and back.</summary>
    /// <exception cref="ShapeException">There is no such axis, or one is named twice.</exception>
    public Tensor LogSoftmax(params ReadOnlySpan<int> axes) => AlongInnermost("log softmax", axes, x => x.LogSoftmax());
}
