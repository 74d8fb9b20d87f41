namespace ResearchFreeze.Autograd;

// Normalisation over the batch and within a sample, log-softmax. x̂ = (x − mean) / √(variance + ε) throughout.
public abstract partial class Device
{
    /// <summary>Each channel's mean over the rows, and its variance (divided by the rows). The order of summation follows from the shape alone.</summary>
    public void Moments(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance)
    {
        Read(Primitive.Moments, ElementKind.Real, x, shape.Rows * shape.Channels);
        Written(Primitive.Moments, ElementKind.Real, mean, shape.Channels);
        Written(Primitive.Moments, ElementKind.Real, variance, shape.Channels);
        Counters.Count(Primitive.Moments, 0, Bytes(x) + Bytes(mean) + Bytes(variance));
        MomentsCore(shape, x, mean, variance);
    }

    /// <summary>
    /// Running moments of a channel: running ← (1 − momentum)·running + momentum·batch, the variance as rows / (rows − 1) of the batch's. A channel whose batch moments are not finite is left alone, so that a step
    /// which is skipped as bad leaves no trace.
    /// </summary>
    public void UpdateMoments(in BatchNormShape shape, float momentum, TensorRange mean, TensorRange variance, TensorRange runningMean, TensorRange runningVariance)
    {
        Read(Primitive.UpdateMoments, ElementKind.Real, mean, shape.Channels);
        Read(Primitive.UpdateMoments, ElementKind.Real, variance, shape.Channels);
        Written(Primitive.UpdateMoments, ElementKind.Real, runningMean, shape.Channels);
        Written(Primitive.UpdateMoments, ElementKind.Real, runningVariance, shape.Channels);
        Counters.Count(Primitive.UpdateMoments, 0, 6 * Bytes(mean));
        UpdateMomentsCore(shape, momentum, mean, variance, runningMean, runningVariance);
    }

    /// <summary>y ← activation(γ·x̂ + β + residual).</summary>
    public void BatchNorm(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange beta, TensorRange? residual, TensorRange y, Activation activation)
    {
        int count = shape.Rows * shape.Channels;
        Read(Primitive.BatchNorm, ElementKind.Real, x, count);
        Read(Primitive.BatchNorm, ElementKind.Real, mean, shape.Channels);
        Read(Primitive.BatchNorm, ElementKind.Real, variance, shape.Channels);
        Read(Primitive.BatchNorm, ElementKind.Real, gamma, shape.Channels);
        Read(Primitive.BatchNorm, ElementKind.Real, beta, shape.Channels);
        if (residual is { } r) Read(Primitive.BatchNorm, ElementKind.Real, r, count);
        Written(Primitive.BatchNorm, ElementKind.Real, y, count);
        Counters.Count(Primitive.BatchNorm, 0, Bytes(x) + (residual is null ? 0 : Bytes(x)) + Bytes(y) + (4 * Bytes(gamma)));
        BatchNormCore(shape, x, mean, variance, gamma, beta, residual, y, activation);
    }

    /// <summary>Each channel's Σ dz·x̂ over the rows: the gradient of γ, and with Σ dz what the input gradient needs of the batch. The order of summation follows from the shape alone.</summary>
    public void BatchNormScaleGradient(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange dz, TensorRange dgamma, float beta = 0)
    {
        int count = shape.Rows * shape.Channels;
        Read(Primitive.BatchNormScaleGradient, ElementKind.Real, x, count);
        Read(Primitive.BatchNormScaleGradient, ElementKind.Real, mean, shape.Channels);
        Read(Primitive.BatchNormScaleGradient, ElementKind.Real, variance, shape.Channels);
        Read(Primitive.BatchNormScaleGradient, ElementKind.Real, dz, count);
        Written(Primitive.BatchNormScaleGradient, ElementKind.Real, dgamma, shape.Channels);
        Counters.Count(Primitive.BatchNormScaleGradient, 0, Bytes(x) + Bytes(dz) + (2 * Bytes(mean)) + Stores(dgamma, beta));
        BatchNormScaleGradientCore(shape, x, mean, variance, dz, dgamma, beta);
    }

    /// <summary>
    /// dx ← γ/√(variance + ε)·(dz − dbeta/rows − x̂·dgamma/rows) + beta·dx, with dgamma = Σ dz·x̂ and dbeta = Σ dz of each channel: the gradient through the batch's own moments.
    /// </summary>
    public void BatchNormInputGradient(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange dgamma, TensorRange dbeta, TensorRange dx, float beta = 0)
    {
        int count = shape.Rows * shape.Channels;
        Read(Primitive.BatchNormInputGradient, ElementKind.Real, x, count);
        Read(Primitive.BatchNormInputGradient, ElementKind.Real, mean, shape.Channels);
        Read(Primitive.BatchNormInputGradient, ElementKind.Real, variance, shape.Channels);
        Read(Primitive.BatchNormInputGradient, ElementKind.Real, gamma, shape.Channels);
        Read(Primitive.BatchNormInputGradient, ElementKind.Real, dz, count);
        Read(Primitive.BatchNormInputGradient, ElementKind.Real, dgamma, shape.Channels);
        Read(Primitive.BatchNormInputGradient, ElementKind.Real, dbeta, shape.Channels);
        Written(Primitive.BatchNormInputGradient, ElementKind.Real, dx, count);
        Counters.Count(Primitive.BatchNormInputGradient, 0, Bytes(x) + Bytes(dz) + (5 * Bytes(gamma)) + Stores(dx, beta));
        BatchNormInputGradientCore(shape, x, mean, variance, gamma, dz, dgamma, dbeta, dx, beta);
    }

    /// <summary>dx ← γ/√(variance + ε)·dz + beta·dx: the gradient where the moments are constants. dz and dx may be the same range.</summary>
    public void BatchNormScale(in BatchNormShape shape, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange dx, float beta = 0)
    {
        int count = shape.Rows * shape.Channels;
        Read(Primitive.BatchNormScale, ElementKind.Real, variance, shape.Channels);
        Read(Primitive.BatchNormScale, ElementKind.Real, gamma, shape.Channels);
        Read(Primitive.BatchNormScale, ElementKind.Real, dz, count);
        Written(Primitive.BatchNormScale, ElementKind.Real, dx, count);
        Counters.Count(Primitive.BatchNormScale, 0, Bytes(dz) + (2 * Bytes(gamma)) + Stores(dx, beta));
        BatchNormScaleCore(shape, variance, gamma, dz, dx, beta);
    }

    /// <summary>y ← γ·x̂ (+ bias) with the moments of each (sample, group); state, if given, receives the means and then the reciprocal deviations (<see cref="GroupNormShape.StateCount"/>).</summary>
    public void GroupNorm(in GroupNormShape shape, TensorRange x, TensorRange gamma, TensorRange? bias, TensorRange y, TensorRange? state)
    {
        Read(Primitive.GroupNorm, ElementKind.Real, x, shape.Count);
        Read(Primitive.GroupNorm, ElementKind.Real, gamma, shape.Channels);
        if (bias is { } b) Read(Primitive.GroupNorm, ElementKind.Real, b, shape.Channels);
        Written(Primitive.GroupNorm, ElementKind.Real, y, shape.Count);
        if (state is { } s) Written(Primitive.GroupNorm, ElementKind.Real, s, shape.StateCount);
        Counters.Count(Primitive.GroupNorm, 0, Bytes(x) + Bytes(y) + (2 * Bytes(gamma)) + (state is { } range ? Bytes(range) : 0));
        GroupNormCore(shape, x, gamma, bias, y, state);
    }

    /// <summary>dx ← the input gradient of <see cref="GroupNorm"/>, from x and the state of the forward pass, + beta·dx.</summary>
    public void GroupNormInputGradient(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange gamma, TensorRange dy, TensorRange dx, float beta = 0)
    {
        Read(Primitive.GroupNormInputGradient, ElementKind.Real, x, shape.Count);
        Read(Primitive.GroupNormInputGradient, ElementKind.Real, state, shape.StateCount);
        Read(Primitive.GroupNormInputGradient, ElementKind.Real, gamma, shape.Channels);
        Read(Primitive.GroupNormInputGradient, ElementKind.Real, dy, shape.Count);
        Written(Primitive.GroupNormInputGradient, ElementKind.Real, dx, shape.Count);
        Counters.Count(Primitive.GroupNormInputGradient, 0, Bytes(x) + Bytes(state) + Bytes(gamma) + Bytes(dy) + Stores(dx, beta));
        GroupNormInputGradientCore(shape, x, state, gamma, dy, dx, beta);
    }

    /// <summary>dγ ← Σ dy·x̂ of each channel over samples and pixels + beta·dγ. The order of summation follows from the shape alone.</summary>
    public void GroupNormScaleGradient(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange dy, TensorRange dgamma, float beta = 0)
    {
        Read(Primitive.GroupNormScaleGradient, ElementKind.Real, x, shape.Count);
        Read(Primitive.GroupNormScaleGradient, ElementKind.Real, state, shape.StateCount);
        Read(Primitive.GroupNormScaleGradient, ElementKind.Real, dy, shape.Count);
        Written(Primitive.GroupNormScaleGradient, ElementKind.Real, dgamma, shape.Channels);
        Counters.Count(Primitive.GroupNormScaleGradient, 0, Bytes(x) + Bytes(state) + Bytes(dy) + Stores(dgamma, beta));
        GroupNormScaleGradientCore(shape, x, state, dy, dgamma, beta);
    }

    /// <summary>y ← x − log Σ eˣ for each row.</summary>
    public void LogSoftmax(int rows, int columns, TensorRange x, TensorRange y)
    {
        Read(Primitive.LogSoftmax, ElementKind.Real, x, rows * columns);
        Written(Primitive.LogSoftmax, ElementKind.Real, y, rows * columns);
        Counters.Count(Primitive.LogSoftmax, 0, Bytes(x) + Bytes(y));
        LogSoftmaxCore(rows, columns, x, y);
    }

    /// <summary>dx ← dy − eʸ·Σ dy for each row + beta·dx.</summary>
    public void LogSoftmaxBackward(int rows, int columns, TensorRange y, TensorRange dy, TensorRange dx, float beta = 0)
    {
        Read(Primitive.LogSoftmaxBackward, ElementKind.Real, y, rows * columns);
        Read(Primitive.LogSoftmaxBackward, ElementKind.Real, dy, rows * columns);
        Written(Primitive.LogSoftmaxBackward, ElementKind.Real, dx, rows * columns);
        Counters.Count(Primitive.LogSoftmaxBackward, 0, Bytes(y) + Bytes(dy) + Stores(dx, beta));
        LogSoftmaxBackwardCore(rows, columns, y, dy, dx, beta);
    }

    /// <summary>See <see cref="Moments"/>.</summary>
    protected abstract void MomentsCore(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance);

    /// <summary>See <see cref="UpdateMoments"/>.</summary>
    protected abstract void UpdateMomentsCore(in BatchNormShape shape, float momentum, TensorRange mean, TensorRange variance, TensorRange runningMean, TensorRange runningVariance);

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
