using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>Losses: scalars to call <see cref="Tensor.Backward()"/> on.</summary>
public static class Loss
{
    /// <summary>Mean cross entropy of logits (rows, classes); see <see cref="Tensor.CrossEntropy"/>.</summary>
    public static Tensor CrossEntropy(Tensor logits, IntTensor labels, Tensor? classWeights = null, double smoothing = 0, int ignoreIndex = Tensor.DefaultIgnoreIndex)
    {
        ArgumentNullException.ThrowIfNull(logits);
        return logits.CrossEntropy(labels, classWeights, smoothing, ignoreIndex);
    }

    /// <summary>The mean of (prediction − target)².</summary>
    public static Tensor MeanSquaredError(Tensor prediction, Tensor target)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        return prediction.MeanSquaredError(target);
    }

    /// <summary>The mean binary cross entropy of logits against targets in [0, 1] of the same shape.</summary>
    public static Tensor BinaryCrossEntropy(Tensor logits, Tensor target)
    {
        ArgumentNullException.ThrowIfNull(logits);
        return logits.BinaryCrossEntropyWithLogits(target);
    }

    /// <summary>The mean Huber loss: quadratic in prediction − target up to δ, linear beyond.</summary>
    public static Tensor Huber(Tensor prediction, Tensor target, double delta = 1)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        return prediction.Huber(target, delta);
    }
}
