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
}
