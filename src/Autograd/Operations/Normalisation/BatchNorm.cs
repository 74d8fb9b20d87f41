namespace ResearchFreeze.Autograd;

/// <summary>
/// y = activation(γ·x̂ + β + residual) for each channel, the innermost axis (Ioffe and Szegedy 2015). Inputs: x, γ, β, running mean, running variance, optionally a residual of x's shape.
/// In training, x̂ uses the batch's own moments, and with a momentum m > 0 the running ones become (1 − m)·running + m·batch (the variance as n / (n − 1) of the batch's, like PyTorch, or as it is, like Keras); otherwise x̂ uses the
/// running ones. Of a batch of which other ranks have parts, its own moments are the whole one's where <c>ranks</c> says so. With dz = dy·activation': dβ = Σ dz keeps nothing; dγ = Σ dz·x̂ keeps x and the moments; dx in training keeps x, γ and the moments, otherwise γ and the running variance alone.
/// </summary>
public sealed class BatchNormFunction(bool training, float momentum, float epsilon, Activation activation, bool ofPopulation = false, SynchronisedMoments? ranks = null) : ActivatedFunction(activation, Y)
{
    private const int RunningMean = 3, RunningVariance = 4, Residual = 5;
    private const int X = 0, Gamma = 1, Moments = 2, Mean = 3, Variance = 4, Y = 5;
    private static readonly InputSet Dx = InputSet.Of(0), DGamma = InputSet.Of(1), Both = InputSet.Of(0, 1);

    /// <inheritdoc/>
    public override string Name => "batch norm";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        BatchNormShape shape = ShapeOf(inputs);
        TensorRange x = inputs[0].Range, gamma = inputs[1].Range, beta = inputs[2].Range;
        TensorRange? residual = inputs.Length > Residual ? inputs[Residual].Range : null;
        Tensor y = context.Result(inputs[0].Shape);
        if (training)
        {
            TensorRange? kept = context.TryReserve(Moments, [2, shape.Channels], Both);
            using Tensor? own = kept is null ? context.Result([2, shape.Channels]) : null;
            TensorRange moments = kept ?? own!.Range, mean = moments.Slice(0, shape.Channels), variance = moments.Slice(shape.Channels, shape.Channels);
            if (ranks is null)
            {
                context.Device.NormaliseBatch(shape, x, mean, variance, gamma, beta, residual, y.Range, Activation, momentum, inputs[RunningMean].Range, inputs[RunningVariance].Range, ofPopulation);
            }
            else
            {
                context.Device.Moments(shape, x, mean, variance);
                BatchNormShape whole = ranks.Average(context.Device, shape, mean, variance);
                context.Device.BatchNorm(shape, x, mean, variance, gamma, beta, residual, y.Range, Activation);
                if (momentum > 0) context.Device.UpdateMoments(whole, momentum, mean, variance, inputs[RunningMean].Range, inputs[RunningVariance].Range, ofPopulation);
            }
        }
        else
        {
            context.Device.BatchNorm(shape, x, inputs[RunningMean].Range, inputs[RunningVariance].Range, gamma, beta, residual, y.Range, Activation);
            context.Save(Mean, inputs[RunningMean], DGamma);
            context.Save(Variance, inputs[RunningVariance], Both);
        }
        context.Save(X, inputs[0], training ? Both : DGamma);
        context.Save(Gamma, inputs[1], Dx);
        SaveOutput(context, y, InputSet.Of(0, 1, 2, Residual));
        return y;
    }

    /// <summary>A gradient from dz other than the one through the batch's moments, which needs the others' sums.</summary>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        BatchNormShape shape = ShapeOf(context.InputShape(0));
        if (input == Residual)
        {
            dx.Pass(dy);
            return;
        }
        TensorRange to = dx.Open(out float beta);
        if (input == 0) context.Device.BatchNormScale(shape, context.Saved(Variance).Range, context.Saved(Gamma).Range, dy.Range, to, beta);
        else if (input == 1) ScaleGradient(shape, context, dy, to, beta);
        else context.Device.Reduce(Rows(shape), 1, dy.Range, to, beta);
    }

    private static ReduceLayout Rows(in BatchNormShape shape) => new([shape.Rows, shape.Channels], 1);

    /// <inheritdoc/>
    protected override void Gradients(InputSet wanted, BackwardContext context, Tensor dz)
    {
        if (!training || !wanted.Contains(0))
        {
            base.Gradients(wanted, context, dz);
            return;
        }
        ThroughMoments(wanted, context, dz, null);
    }

    /// <inheritdoc/>
    private protected override bool TakesActivation(InputSet wanted, BackwardContext context) => training && wanted.Contains(0) && ranks is null && context.Device.FusesBatchNorm;

    /// <inheritdoc/>
    private protected override void GradientsOfActivated(InputSet wanted, BackwardContext context, TensorRange y, Tensor dy, Tensor dz) => ThroughMoments(wanted, context, dz, (y, dy.Range));

    /// <summary>Both sums are part of the input gradient, so γ and β get theirs without another pass over dz; dz is still to be made where what it is made of is given.</summary>
    private void ThroughMoments(InputSet wanted, BackwardContext context, Tensor dz, (TensorRange Y, TensorRange Dy)? activated)
    {
        BatchNormShape shape = ShapeOf(context.InputShape(0));
        using Tensor? ownScale = SumTo(1, wanted, context, shape, out TensorRange scale), ownShift = SumTo(2, wanted, context, shape, out TensorRange shift);
        // From here on, work counts as the input gradient's: it needs the sums whatever else does.
        GradTarget dx = context.Target(0);
        (TensorRange mean, TensorRange variance) = SavedMoments(shape, context);
        TensorRange x = context.Saved(X).Range, gamma = context.Saved(Gamma).Range;
        if (ranks is null)
        {
            TensorRange to = dx.Open(out float beta);
            context.Device.BatchNormGradients(
                shape, activated is null ? Activation.None : Activation, x, mean, variance, gamma, activated?.Y ?? dz.Range, activated?.Dy ?? dz.Range, dz.Range, scale, shift, to, beta);
        }
        else
        {
            context.Device.Reduce(Rows(shape), 1, dz.Range, shift);
            ScaleGradient(shape, context, dz, scale, 0);
            TensorRange to = dx.Open(out float beta);
            // γ and β get this rank's sums, which are reduced with all other gradients.
            using Tensor all = SumsOfAll(context, shape, scale, shift);
            context.Device.BatchNormInputGradient(shape, x, mean, variance, gamma, dz.Range, all.Range.Slice(0, shape.Channels), all.Range.Slice(shape.Channels, shape.Channels), to, beta);
        }
        if (ownScale is not null && wanted.Contains(1)) Add(context, scale, context.Target(1));
        if (ownShift is not null && wanted.Contains(2)) Add(context, shift, context.Target(2));
        if (wanted.Contains(Residual)) context.Target(Residual).Pass(dz);
    }

    private Tensor SumsOfAll(BackwardContext context, in BatchNormShape shape, TensorRange scale, TensorRange shift)
    {
        Tensor sums = context.Temporary([2, shape.Channels]);
        context.Device.Copy(scale, sums.Range.Slice(0, shape.Channels));
        context.Device.Copy(shift, sums.Range.Slice(shape.Channels, shape.Channels));
        ranks!.Add(context.Device, sums.Range);
        return sums;
    }

    /// <summary>Where a sum goes: into the gradient that it is, if that is its parameter's first; else into memory of its own, which is returned.</summary>
    private static Tensor? SumTo(int input, InputSet wanted, BackwardContext context, in BatchNormShape shape, out TensorRange sum)
    {
        if (wanted.Contains(input))
        {
            sum = context.Target(input).Open(out float beta);
            if (beta == 0) return null;
        }
        Tensor own = context.Temporary([shape.Channels]);
        sum = own.Range;
        return own;
    }

    private static void Add(BackwardContext context, TensorRange sum, GradTarget target)
    {
        TensorRange to = target.Open(out float beta);
        context.Device.AddScaled(1, sum, beta, to);
    }

    private void ScaleGradient(in BatchNormShape shape, BackwardContext context, Tensor dz, TensorRange to, float beta)
    {
        (TensorRange mean, TensorRange variance) = SavedMoments(shape, context);
        context.Device.BatchNormScaleGradient(shape, context.Saved(X).Range, mean, variance, dz.Range, to, beta);
    }

    private (TensorRange Mean, TensorRange Variance) SavedMoments(in BatchNormShape shape, BackwardContext context)
    {
        if (!training) return (context.Saved(Mean).Range, context.Saved(Variance).Range);
        TensorRange moments = context.Saved(Moments).Range;
        return (moments.Slice(0, shape.Channels), moments.Slice(shape.Channels, shape.Channels));
    }

    private BatchNormShape ShapeOf(Shape x) => new(x.Count / x[^1], x[^1], epsilon);

    private BatchNormShape ShapeOf(ReadOnlySpan<TensorBase> inputs)
    {
        ConstantInput.Require(Name, "runningMean", inputs[RunningMean]);
        ConstantInput.Require(Name, "runningVariance", inputs[RunningVariance]);
        Shape x = inputs[0].Shape;
        if (x.Rank < 2 || x.Count == 0) throw new ShapeException($"batch norm: needs (n, …, channels), not empty, found {x}.");
        for (int i = 1; i < Residual; i++)
        {
            if (inputs[i].Shape != new Shape(x[^1])) throw new ShapeException($"batch norm: input {x} needs scale, shift and moments of {x[^1]} elements, found {inputs[i].Shape}.");
        }
        if (inputs.Length > Residual && inputs[Residual].Shape != x) throw new ShapeException($"batch norm: input {x} needs a residual of its shape, found {inputs[Residual].Shape}.");
        BatchNormShape shape = ShapeOf(x);
        if (training && shape.Rows < 2) throw new ShapeException($"batch norm: training needs more than one element a channel, found input {x}.");
        return shape;
    }
}

public sealed partial class Tensor
{
    /// <summary>activation(γ·x̂ + β + residual) over the innermost axis; see <see cref="BatchNormFunction"/>.</summary>
    /// <param name="gamma">Scale (channels).</param>
    /// <param name="beta">Shift (channels).</param>
    /// <param name="runningMean">Read without <paramref name="training"/>, written with it.</param>
    /// <param name="runningVariance">The same.</param>
    /// <param name="training">Whether the batch's own moments are used.</param>
    /// <param name="momentum">The batch's part in the running moments; 0 leaves them alone.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="activation">Applied to the result.</param>
    /// <param name="residual">Added before the activation, or null.</param>
    /// <exception cref="ShapeException">The shapes do not fit, or a batch of one element a channel is to be trained on.</exception>
    /// <exception cref="ArgumentException">A gradient of a running moment is wanted.</exception>
    public Tensor BatchNorm(
        Tensor gamma, Tensor beta, Tensor runningMean, Tensor runningVariance, bool training, float momentum = 0.1f, float epsilon = 1e-5f,
        Activation activation = Activation.None, Tensor? residual = null)
    {
        var function = new BatchNormFunction(training, momentum, epsilon, activation);
        return residual is null
            ? function.Apply([this, gamma, beta, runningMean, runningVariance])
            : function.Apply([this, gamma, beta, runningMean, runningVariance, residual]);
    }
}
