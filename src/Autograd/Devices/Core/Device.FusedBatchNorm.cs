namespace ResearchFreeze.Autograd;

// Batch norm of a training batch, several primitives at once: each is counted as ever, and a device that can make fewer passes of them does.
public abstract partial class Device
{
    /// <summary>Whether <see cref="NormaliseBatch"/> and <see cref="BatchNormGradients"/> are less work here than what they consist of.</summary>
    internal virtual bool FusesBatchNorm => false;

    /// <summary><see cref="Moments"/>, <see cref="BatchNorm"/> with them and, where the momentum is not 0, <see cref="UpdateMoments"/>.</summary>
    internal void NormaliseBatch(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange beta, TensorRange? residual, TensorRange y, Activation activation,
        float momentum, TensorRange runningMean, TensorRange runningVariance, bool ofPopulation = false)
    {
        if (!FusesBatchNorm || shape.Count == 0)
        {
            Moments(shape, x, mean, variance);
            BatchNorm(shape, x, mean, variance, gamma, beta, residual, y, activation);
            if (momentum > 0) UpdateMoments(shape, momentum, mean, variance, runningMean, runningVariance, ofPopulation);
            return;
        }
        int count = shape.Count, channels = shape.Channels;
        Begin(Primitive.Moments, [new(x, count), new(mean, channels), new(variance, channels)]).Dispose();
        if (momentum > 0) Begin(Primitive.UpdateMoments, [new(mean, channels), new(variance, channels), new(runningMean, channels), new(runningVariance, channels)]).Dispose();
        using HeldCall call = Begin(Primitive.BatchNorm, [new(x, count), new(mean, channels), new(variance, channels), new(gamma, channels), new(beta, channels), new(residual, count), new(y, count)]);
        double varianceMomentum = ofPopulation ? momentum : (double)momentum * shape.Rows / (shape.Rows - 1);
        NormaliseBatchCore(shape, x, mean, variance, gamma, beta, residual, y, activation, momentum, varianceMomentum, runningMean, runningVariance);
    }

    /// <summary>
    /// dz ← dy·activation'(y), dbeta ← Σ dz, <see cref="BatchNormScaleGradient"/> and <see cref="BatchNormInputGradient"/>. Without an activation dz is dy and y is not read. Where <see cref="FusesBatchNorm"/>, the activation's
    /// gradient is not counted: see <see cref="CountActivationGradient"/>.
    /// </summary>
    internal void BatchNormGradients(
        in BatchNormShape shape, Activation activation, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange y, TensorRange dy, TensorRange dz, TensorRange dgamma, TensorRange dbeta,
        TensorRange dx, float beta)
    {
        if (!FusesBatchNorm || shape.Count == 0)
        {
            if (activation.Kernel() is { } kernel) MapBackward(kernel, y, y, dy, dz);
            Reduce(new ReduceLayout([shape.Rows, shape.Channels], 1), 1, dz, dbeta);
            BatchNormScaleGradient(shape, x, mean, variance, dz, dgamma);
            BatchNormInputGradient(shape, x, mean, variance, gamma, dz, dgamma, dbeta, dx, beta);
            return;
        }
        int count = shape.Count, channels = shape.Channels;
        Begin(Primitive.Reduce, [new(dz, count), new(dbeta, channels)]).Dispose();
        Begin(Primitive.BatchNormScaleGradient, [new(x, count), new(mean, channels), new(variance, channels), new(dz, count), new(dgamma, channels)]).Dispose();
        using HeldCall call = Begin(
            Primitive.BatchNormInputGradient,
            [new(x, count), new(mean, channels), new(variance, channels), new(gamma, channels), new(dz, count), new(dgamma, channels), new(dbeta, channels), new(dx, count)],
            beta);
        BatchNormGradientsCore(shape, activation, x, mean, variance, gamma, y, dy, dz, dgamma, dbeta, dx, beta);
    }

    /// <summary>Counts an activation's gradient that <see cref="BatchNormGradients"/> will make, where it would have been made alone.</summary>
    internal void CountActivationGradient(TensorRange y, TensorRange dy, TensorRange dz) =>
        Begin(Primitive.MapBackward, [new(y, y.Length, 0), new(y, y.Length), new(dy, y.Length), new(dz, y.Length)]).Dispose();

    /// <summary>See <see cref="NormaliseBatch"/>.</summary>
    private protected virtual void NormaliseBatchCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange beta, TensorRange? residual, TensorRange y, Activation activation,
        float momentum, double varianceMomentum, TensorRange runningMean, TensorRange runningVariance) => throw new NotSupportedException($"{Name} has no batch norm of a whole batch.");

    /// <summary>See <see cref="BatchNormGradients"/>.</summary>
    private protected virtual void BatchNormGradientsCore(
        in BatchNormShape shape, Activation activation, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange y, TensorRange dy, TensorRange dz, TensorRange dgamma, TensorRange dbeta,
        TensorRange dx, float beta) => throw new NotSupportedException($"{Name} has no gradients of a whole batch norm.");
}
