namespace ResearchFreeze.Autograd;

// Normalisation over the batch and within a sample, log-softmax. x̂ = (x − mean) / √(variance + ε) throughout.
public abstract partial class Device
{
    /// <summary>Each channel's mean over the rows, and its variance (divided by the rows). The order of summation follows from the shape alone.</summary>
    public void Moments(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance)
    {
        using HeldCall call = Begin(Primitive.Moments, [new(x, shape.Count), new(mean, shape.Channels), new(variance, shape.Channels)]);
        MomentsCore(shape, x, mean, variance);
    }

    /// <summary>
    /// Running moments of a channel: running ← (1 − momentum)·running + momentum·batch, the variance as rows / (rows − 1) of the batch's, or as it is. A channel whose batch moments are not finite is left alone, so that a step
    /// which is skipped as bad leaves no trace.
    /// </summary>
    public void UpdateMoments(
        in BatchNormShape shape, float momentum, TensorRange mean, TensorRange variance, TensorRange runningMean, TensorRange runningVariance, bool ofPopulation = false)
    {
        using HeldCall call = Begin(Primitive.UpdateMoments, [new(mean, shape.Channels), new(variance, shape.Channels), new(runningMean, shape.Channels), new(runningVariance, shape.Channels)]);
        double varianceMomentum = ofPopulation ? momentum : (double)momentum * shape.Rows / (shape.Rows - 1);
        UpdateMomentsCore(shape, momentum, varianceMomentum, mean, variance, runningMean, runningVariance);
    }

    /// <summary>y ← activation(γ·x̂ + β + residual).</summary>
    public void BatchNorm(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange beta, TensorRange? residual, TensorRange y, Activation activation)
    {
        int count = shape.Count, channels = shape.Channels;
        using HeldCall call = Begin(Primitive.BatchNorm, [new(x, count), new(mean, channels), new(variance, channels), new(gamma, channels), new(beta, channels), new(residual, count), new(y, count)]);
        BatchNormCore(shape, x, mean, variance, gamma, beta, residual, y, activation);
    }

    /// <summary>Each channel's Σ dz·x̂ over the rows: the gradient of γ, and with Σ dz what the input gradient needs of the batch. The order of summation follows from the shape alone.</summary>
    public void BatchNormScaleGradient(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange dz, TensorRange dgamma, float beta = 0)
    {
        int count = shape.Count, channels = shape.Channels;
        using HeldCall call = Begin(Primitive.BatchNormScaleGradient, [new(x, count), new(mean, channels), new(variance, channels), new(dz, count), new(dgamma, channels)], beta);
        BatchNormScaleGradientCore(shape, x, mean, variance, dz, dgamma, beta);
    }

    /// <summary>
    /// dx ← γ/√(variance + ε)·(dz − dbeta/rows − x̂·dgamma/rows) + beta·dx, with dgamma = Σ dz·x̂ and dbeta = Σ dz of each channel: the gradient through the batch's own moments.
    /// </summary>
    public void BatchNormInputGradient(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange dgamma, TensorRange dbeta, TensorRange dx, float beta = 0)
    {
        int count = shape.Count, channels = shape.Channels;
        using HeldCall call = Begin(
            Primitive.BatchNormInputGradient,
            [new(x, count), new(mean, channels), new(variance, channels), new(gamma, channels), new(dz, count), new(dgamma, channels), new(dbeta, channels), new(dx, count)],
            beta);
        BatchNormInputGradientCore(shape, x, mean, variance, gamma, dz, dgamma, dbeta, dx, beta);
    }

    /// <summary>dx ← γ/√(variance + ε)·dz + beta·dx: the gradient where the moments are constants. dz and dx may be the same range.</summary>
    public void BatchNormScale(in BatchNormShape shape, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange dx, float beta = 0)
    {
        using HeldCall call = Begin(Primitive.BatchNormScale, [new(variance, shape.Channels), new(gamma, shape.Channels), new(dz, shape.Count), new(dx, shape.Count)], beta);
        BatchNormScaleCore(shape, variance, gamma, dz, dx, beta);
    }

    /// <summary>y ← γ·x̂ (+ bias) with the moments of each (sample, group); state, if given, receives the means and then the reciprocal deviations (<see cref="GroupNormShape.StateCount"/>).</summary>
    public void GroupNorm(in GroupNormShape shape, TensorRange x, TensorRange gamma, TensorRange? bias, TensorRange y, TensorRange? state)
    {
        using HeldCall call = Begin(Primitive.GroupNorm, [new(x, shape.Count), new(gamma, shape.Channels), new(bias, shape.Channels), new(y, shape.Count), new(state, shape.StateCount)]);
        GroupNormCore(shape, x, gamma, bias, y, state);
    }

    /// <summary>dx ← the input gradient of <see cref="GroupNorm"/>, from x and the state of the forward pass, + beta·dx.</summary>
    public void GroupNormInputGradient(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange gamma, TensorRange dy, TensorRange dx, float beta = 0)
    {
        using HeldCall call = Begin(Primitive.GroupNormInputGradient, [new(x, shape.Count), new(state, shape.StateCount), new(gamma, shape.Channels), new(dy, shape.Count), new(dx, shape.Count)], beta);
        GroupNormInputGradientCore(shape, x, state, gamma, dy, dx, beta);
    }

    /// <summary>dγ ← Σ dy·x̂ of each channel over samples and pixels + beta·dγ. The order of summation follows from the shape alone.</summary>
    public void GroupNormScaleGradient(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange dy, TensorRange dgamma, float beta = 0)
    {
        using HeldCall call = Begin(Primitive.GroupNormScaleGradient, [new(x, shape.Count), new(state, shape.StateCount), new(dy, shape.Count), new(dgamma, shape.Channels)], beta);
        GroupNormScaleGradientCore(shape, x, state, dy, dgamma, beta);
    }

    /// <summary>y ← x − log Σ eˣ for each row.</summary>
    public void LogSoftmax(int rows, int columns, TensorRange x, TensorRange y)
    {
        using HeldCall call = Begin(Primitive.LogSoftmax, [new(x, (long)rows * columns), new(y, (long)rows * columns)]);
        LogSoftmaxCore(rows, columns, x, y);
    }

    /// <summary>dx ← dy − eʸ·Σ dy for each row + beta·dx.</summary>
    public void LogSoftmaxBackward(int rows, int columns, TensorRange y, TensorRange dy, TensorRange dx, float beta = 0)
    {
        using HeldCall call = Begin(Primitive.LogSoftmaxBackward, [new(y, (long)rows * columns), new(dy, (long)rows * columns), new(dx, (long)rows * columns)], beta);
        LogSoftmaxBackwardCore(rows, columns, y, dy, dx, beta);
    }

    /// <summary>See <see cref="Moments"/>.</summary>
    protected abstract void MomentsCore(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance);

    /// <summary>See <see cref="UpdateMoments"/>.</summary>
    protected abstract void UpdateMomentsCore(in BatchNormShape shape, float momentum, double varianceMomentum, TensorRange mean, TensorRange variance, TensorRange runningMean, TensorRange runningVariance);

    /// <summary>See <see cref="BatchNorm"/>.</summary>
    protected abstract void BatchNormCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange beta, TensorRange? residual, TensorRange y, Activation activation);

    /// <summary>See <see cref="BatchNormScaleGradient"/>.</summary>
    protected abstract void BatchNormScaleGradientCore(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange dz, TensorRange dgamma, float beta);

    /// <summary>See <see cref="BatchNormInputGradient"/>.</summary>
    protected abstract void BatchNormInputGradientCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange dgamma, TensorRange dbeta, TensorRange dx, float beta);

    /// <summary>See <see cref="BatchNormScale"/>.</summary>
    protected abstract void BatchNormScaleCore(in BatchNormShape shape, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange dx, float beta);

    /// <summary>See <see cref="GroupNorm"/>.</summary>
    protected abstract void GroupNormCore(in GroupNormShape shape, TensorRange x, TensorRange gamma, TensorRange? bias, TensorRange y, TensorRange? state);

    /// <summary>See <see cref="GroupNormInputGradient"/>.</summary>
    protected abstract void GroupNormInputGradientCore(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange gamma, TensorRange dy, TensorRange dx, float beta);

    /// <summary>See <see cref="GroupNormScaleGradient"/>.</summary>
    protected abstract void GroupNormScaleGradientCore(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange dy, TensorRange dgamma, float beta);

    /// <summary>See <see cref="LogSoftmax"/>.</summary>
    protected abstract void LogSoftmaxCore(int rows, int columns, TensorRange x, TensorRange y);

    /// <summary>See <see cref="LogSoftmaxBackward"/>.</summary>
    protected abstract void LogSoftmaxBackwardCore(int rows, int columns, TensorRange y, TensorRange dy, TensorRange dx, float beta);
}
