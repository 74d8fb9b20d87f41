namespace ResearchFreeze.Autograd;

/// <summary>Which elements share a mean and a deviation within a sample.</summary>
public enum NormAxes
{
    /// <summary>The innermost axis of each row: layer norm (Ba et al. 2016).</summary>
    Layer,

    /// <summary>The same without subtracting the mean: RMS norm (Zhang and Sennrich 2019).</summary>
    RootMeanSquare,

    /// <summary>The pixels and the channels of a group, images (n, height, width, channels): group norm (Wu and He 2018).</summary>
    Group,
}

/// <summary>
/// y = γ·x̂ (+ β), x̂ normalised within a sample; inputs x, γ and, but for RMS norm, β. dx = r·(dy·γ − mean(dy·γ) − x̂·mean(dy·γ·x̂)) keeps x, γ and the moments; dγ = Σ dy·x̂ keeps x and the moments;
/// dβ = Σ dy keeps nothing.
/// </summary>
public sealed class GroupNormFunction(NormAxes axes, int groups, float epsilon) : Function
{
    private const int X = 0, Gamma = 1, State = 2;

    /// <inheritdoc/>
    public override string Name => axes switch { NormAxes.Layer => "layer norm", NormAxes.RootMeanSquare => "rms norm", _ => "group norm" };

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        GroupNormShape shape = ShapeOf(inputs[0].Shape);
        if (2L * shape.Batch * shape.Groups > Shape.MaxCount) throw new ShapeException($"{Name}: input {inputs[0].Shape} has {(long)shape.Batch * shape.Groups} means and deviations, at most {Shape.MaxCount / 2} of each are possible.");
        for (int i = 1; i < inputs.Length; i++)
        {
            if (inputs[i].Shape != new Shape(shape.Channels)) throw new ShapeException($"{Name}: input {inputs[0].Shape} needs scale and shift of {shape.Channels} elements, found {inputs[i].Shape}.");
        }
        Tensor y = context.Result(inputs[0].Shape);
        TensorRange? bias = inputs.Length > 2 ? inputs[2].Range : null;
        context.Device.GroupNorm(shape, inputs[0].Range, inputs[1].Range, bias, y.Range, context.TryReserve(State, [shape.StateCount], InputSet.Of(0, 1)));
        context.Save(X, inputs[0], InputSet.Of(0, 1));
        context.Save(Gamma, inputs[1], InputSet.Of(0));
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        GroupNormShape shape = ShapeOf(context.InputShape(0));
        TensorRange to = dx.Open(out float beta);
        switch (input)
        {
            case 0:
                context.Device.GroupNormInputGradient(shape, context.Saved(X).Range, context.Saved(State).Range, context.Saved(Gamma).Range, dy.Range, to, beta);
                break;
            case 1:
                context.Device.GroupNormScaleGradient(shape, context.Saved(X).Range, context.Saved(State).Range, dy.Range, to, beta);
                break;
            default:
                context.Device.Reduce(new ReduceLayout([dy.Shape.Count / shape.Channels, shape.Channels], 1), 1, dy.Range, to, beta);
                break;
        }
    }

    private GroupNormShape ShapeOf(Shape x)
    {
        if (axes != NormAxes.Group)
        {
            if (x.Rank < 1 || x[^1] == 0) throw new ShapeException($"{Name}: needs a non-empty innermost axis, found {x}.");
            if (x.Count == 0) throw new ShapeException($"{Name}: needs at least one row, found {x}.");
            return new GroupNormShape(x.Count / x[^1], 1, 1, x[^1], epsilon, axes == NormAxes.Layer);
        }
        if (x.Rank >= 2 && x.Count == 0) throw new ShapeException($"{Name}: needs samples of at least one pixel and channel, found {x}.");
        if (x.Rank < 2 || groups < 1 || x[^1] % groups != 0)
            throw new ShapeException($"{Name}: needs (n, …, channels) with channels a multiple of {groups} groups, found {x}.");
        return new GroupNormShape(x[0], x.CountOf(1, x.Rank - 1), groups, x[^1] / groups, epsilon, true);
    }
}

public sealed partial class Tensor
{
    /// <summary>Layer norm over the innermost axis with scale and shift of its size.</summary>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Tensor LayerNorm(Tensor gamma, Tensor beta, float epsilon = 1e-5f) => new GroupNormFunction(NormAxes.Layer, 1, epsilon).Apply([this, gamma, beta]);

    /// <summary>Layer norm over any axes together (negative: from the innermost), with scale and shift of their extents in the tensor's order. What is not innermost is moved there and back.</summary>
    /// <exception cref="ShapeException">There is no such axis, one is named twice, or scale or shift have another shape.</exception>
    public Tensor LayerNorm(Tensor gamma, Tensor beta, ReadOnlySpan<int> axes, float epsilon = 1e-5f)
    {
        RequireExtents("layer norm", axes, gamma, beta);
        return AlongInnermost("layer norm", axes, x => x.LayerNorm(gamma.Reshape(-1), beta.Reshape(-1), epsilon));
    }

    /// <summary>RMS norm over the innermost axis: γ·x / √(mean x² + ε).</summary>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Tensor RmsNorm(Tensor gamma, float epsilon = 1e-5f) => new GroupNormFunction(NormAxes.RootMeanSquare, 1, epsilon).Apply([this, gamma]);

    /// <summary>RMS norm over any axes together, with a scale of their extents in the tensor's order; see <see cref="LayerNorm(Tensor, Tensor, ReadOnlySpan{int}, float)"/>.</summary>
    /// <exception cref="ShapeException">There is no such axis, one is named twice, or the scale has another shape.</exception>
    public Tensor RmsNorm(Tensor gamma, ReadOnlySpan<int> axes, float epsilon = 1e-5f)
    {
        RequireExtents("rms norm", axes, gamma);
        return AlongInnermost("rms norm", axes, x => x.RmsNorm(gamma.Reshape(-1), epsilon));
    }

    /// <summary>Group norm of (n, …, channels): each sample's groups of channels over all pixels, with a scale and a shift a channel.</summary>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Tensor GroupNorm(int groups, Tensor gamma, Tensor beta, float epsilon = 1e-5f) => new GroupNormFunction(NormAxes.Group, groups, epsilon).Apply([this, gamma, beta]);

    private void RequireExtents(string operation, ReadOnlySpan<int> axes, params ReadOnlySpan<Tensor> parameters)
    {
        int mask = AxisMask(operation, axes);
        var extents = new Shape([.. Enumerable.Range(0, Shape.Rank).Where(axis => (mask >> axis & 1) != 0).Select(axis => Shape[axis])]);
        foreach (Tensor parameter in parameters)
        {
            ArgumentNullException.ThrowIfNull(parameter);
            if (parameter.Shape != extents) throw new ShapeException($"{operation}: these axes of {Shape} need a scale and a shift of shape {extents}, found {parameter.Shape}.");
        }
    }
}
