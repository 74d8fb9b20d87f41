namespace ResearchFreeze.Autograd;

/// <summary>
/// The transposed convolution of images x (n, height, width, in) with weights W (in, kh, kw, out / groups): the input gradient of the convolution that takes (n, …, out) to (n, height, width, in). Then dx is that
/// convolution of dy with W, and dW its weight gradient with dy as the images.
/// </summary>
/// <param name="stride">Pixels from one input to the next in the result.</param>
/// <param name="padding">What is taken off each edge of the result.</param>
/// <param name="outputPadding">Rows and columns that the result has more, below and on the right: with a stride, several sizes lead back to the same input.</param>
/// <param name="dilation">Pixels from one kernel element to the next.</param>
/// <param name="groups">Groups of channels that do not see one another.</param>
public sealed class ConvTranspose2dFunction(Size2 stride, Padding2 padding, Size2 outputPadding, Size2 dilation, int groups) : Function
{
    private const int X = 0, W = 1;

    /// <inheritdoc/>
    public override string Name => "conv transpose2d";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Conv2dShape shape = ShapeOf(inputs[0].Shape, inputs[1].Shape);
        Tensor y = context.Result([shape.Batch, shape.Height, shape.Width, shape.Channels]);
        context.Device.Conv2dInputGradient(shape, inputs[0].Range, inputs[1].Range, y.Range);
        context.Save(X, inputs[0], InputSet.Of(1));
        context.Save(W, inputs[1], InputSet.Of(0));
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        Conv2dShape shape = ShapeOf(context.InputShape(0), context.InputShape(1));
        TensorRange to = dx.Open(out float beta);
        if (input == 1)
        {
            context.Device.Conv2dWeightGradient(shape, dy.Range, context.Saved(X).Range, to, beta);
            return;
        }
        if (beta == 0)
        {
            context.Device.Conv2d(shape, dy.Range, context.Saved(W).Range, null, to, Activation.None);
            return;
        }
        using Tensor gradient = context.Temporary(dx.Shape);
        context.Device.Conv2d(shape, dy.Range, context.Saved(W).Range, null, gradient.Range, Activation.None);
        context.Device.AddScaled(1, gradient.Range, beta, to);
    }

    private Conv2dShape ShapeOf(Shape x, Shape w)
    {
        if (x.Rank != 4 || w.Rank != 4) throw new ShapeException($"{Name}: needs images (n, height, width, in) and weights (in, kh, kw, out / groups), found {x} and {w}.");
        if (x[3] != w[0]) throw new ShapeException($"{Name}: images {x} have {x[3]} channels, weights {w} expect {w[0]}.");
        if (padding == Padding2.Same) throw new ShapeException($"{Name}: padding 'same' belongs to a convolution, which has one size for a result.");
        if (outputPadding.Height < 0 || outputPadding.Width < 0 || outputPadding.Height >= Math.Max(stride.Height, dilation.Height) || outputPadding.Width >= Math.Max(stride.Width, dilation.Width))
            throw new ShapeException($"{Name}: output padding must be at least 0 and less than stride {stride} or dilation {dilation}, found {outputPadding}.");
        long height = Extent(x[1], w[1], stride.Height, dilation.Height, padding.Top + padding.Bottom, outputPadding.Height);
        long width = Extent(x[2], w[2], stride.Width, dilation.Width, padding.Left + padding.Right, outputPadding.Width);
        if (height < 1 || width < 1 || height > Shape.MaxCount || width > Shape.MaxCount) throw new ShapeException($"{Name}: images {x} and weights {w} with padding {padding} give a result of {height} by {width}.");
        Conv2dShape shape = Conv2dShape.Of([x[0], (int)height, (int)width, checked(w[3] * groups)], w, stride, padding, dilation, groups);
        // The rows that output padding adds lead back to no further input: less than a stride.
        if (shape.OutputHeight != x[1] || shape.OutputWidth != x[2]) throw new ShapeException($"{Name}: output padding {outputPadding} does not fit stride {stride}.");
        return shape;
    }

    private static long Extent(int size, int kernel, int stride, int dilation, int padding, int more) => ((size - 1L) * stride) - padding + (dilation * (kernel - 1L)) + more + 1;
}

public sealed partial class Tensor
{
    /// <summary>The transposed convolution of images (n, height, width, in) with weights (in, kh, kw, out / groups), as PyTorch's: each extent becomes (size − 1)·stride − padding + dilation·(kernel − 1) + output padding + 1.</summary>
    /// <param name="weight">The weights.</param>
    /// <param name="bias">One element an output channel, or null.</param>
    /// <param name="stride">Pixels from one input to the next in the result; null: 1.</param>
    /// <param name="padding">What is taken off each edge of the result; null: 0.</param>
    /// <param name="outputPadding">Rows and columns more, below and on the right; null: 0.</param>
    /// <param name="dilation">Pixels from one kernel element to the next; null: 1.</param>
    /// <param name="groups">Groups of channels that do not see one another.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Tensor ConvTranspose2d(
        Tensor weight, Tensor? bias = null, Size2? stride = null, Padding2? padding = null, Size2? outputPadding = null, Size2? dilation = null, int groups = 1)
    {
        ArgumentNullException.ThrowIfNull(weight);
        Tensor y = new ConvTranspose2dFunction(stride ?? 1, padding ?? 0, outputPadding ?? 0, dilation ?? 1, groups).Apply([this, weight]);
        if (bias is null) return y;
        if (bias.Shape != new Shape(y.Shape[3])) throw new ShapeException($"conv transpose2d: bias {bias.Shape} does not fit {y.Shape[3]} output channels.");
        using (y) return y + bias;
    }
}
