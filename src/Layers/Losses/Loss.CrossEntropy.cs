using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

// Of classes: from logits, or from their logarithms of probabilities.
public static partial class Loss
{
    /// <summary>
    /// The cross entropy of logits (…, classes) against labels of the leading shape: (rows, classes) and (rows) for samples, (n, height, width, classes) and (n, height, width) for each pixel. The mean is over the labels that
    /// count, each by its class's weight; see <see cref="Tensor.CrossEntropy"/>.
    /// </summary>
    /// <param name="logits">The logits; classes are the innermost axis.</param>
    /// <param name="labels">A class for each of them; <paramref name="ignoreIndex"/> counts nothing.</param>
    /// <param name="classWeights">A weight for each class, or null.</param>
    /// <param name="smoothing">ε in [0, 1): the target becomes (1 − ε)·onehot + ε/classes.</param>
    /// <param name="ignoreIndex">The label that does not count.</param>
    /// <param name="reduction">None: terms of the labels' shape, 0 where a label does not count.</param>
    /// <exception cref="ShapeException">The shapes do not fit, or there are no rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is none of the classes; the message has it and its position.</exception>
    public static Tensor CrossEntropy(
        Tensor logits, IntTensor labels, Tensor? classWeights = null, double smoothing = 0, int ignoreIndex = Tensor.DefaultIgnoreIndex, Reduction reduction = Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(labels);
        RequireLabels("cross entropy", logits, labels);
        (Tensor rows, IntTensor flat) = logits.Shape.Rank == 2 ? (logits, labels) : (logits.Reshape(-1, logits.Shape[^1]), labels.Reshape([labels.Shape.Count]));
        if (reduction == Reduction.Mean) return rows.CrossEntropy(flat, classWeights, smoothing, ignoreIndex);
        RequireSmoothing(smoothing);
        Tensor target = flat.OneHot(logits.Shape[^1], "cross entropy", "label", ignoreIndex);
        Tensor terms = Terms(rows.LogSoftmax(), Smoothed(target, smoothing), classWeights).Reshape(labels.Shape);
        return Reduced("cross entropy", terms, reduction);
    }

    /// <summary>The cross entropy of logits (…, classes) against probabilities of the same shape, which are constants or are differentiated too. The mean is over the rows.</summary>
    /// <param name="logits">The logits; classes are the innermost axis.</param>
    /// <param name="probabilities">The targets; each row should add up to 1.</param>
    /// <param name="classWeights">A weight for each class, or null.</param>
    /// <param name="smoothing">ε in [0, 1): the target becomes (1 − ε)·p + ε/classes.</param>
    /// <param name="reduction">None: a term a row.</param>
    /// <exception cref="ShapeException">The shapes differ, or there are no rows.</exception>
    public static Tensor CrossEntropy(Tensor logits, Tensor probabilities, Tensor? classWeights = null, double smoothing = 0, Reduction reduction = Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(probabilities);
        RequireSame("cross entropy", logits, probabilities);
        RequireClasses("cross entropy", logits);
        RequireSmoothing(smoothing);
        return Reduced("cross entropy", Terms(logits.LogSoftmax(), Smoothed(probabilities, smoothing), classWeights), reduction);
    }

    /// <summary>−log p of the label, from logarithms of probabilities (…, classes), such as <see cref="Tensor.LogSoftmax()"/> gives. The mean is over the labels that count, each by its class's weight.</summary>
    /// <param name="logProbabilities">Their logarithms; classes are the innermost axis.</param>
    /// <param name="labels">A class for each of them; <paramref name="ignoreIndex"/> counts nothing.</param>
    /// <param name="classWeights">A weight for each class, or null.</param>
    /// <param name="ignoreIndex">The label that does not count.</param>
    /// <param name="reduction">None: terms of the labels' shape, 0 where a label does not count.</param>
    /// <exception cref="ShapeException">The shapes do not fit, or there are no rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is none of the classes; the message has it and its position.</exception>
    public static Tensor NegativeLogLikelihood(
        Tensor logProbabilities, IntTensor labels, Tensor? classWeights = null, int ignoreIndex = Tensor.DefaultIgnoreIndex, Reduction reduction = Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(logProbabilities);
        ArgumentNullException.ThrowIfNull(labels);
        RequireLabels("negative log-likelihood", logProbabilities, labels);
        Tensor target = labels.OneHot(logProbabilities.Shape[^1], "negative log-likelihood", "label", ignoreIndex);
        Tensor terms = Terms(logProbabilities, target, classWeights);
        if (reduction != Reduction.Mean) return Reduced("negative log-likelihood", terms, reduction);
        if (terms.Shape.Count == 0) throw new ShapeException($"negative log-likelihood: an empty batch has no mean loss, found labels {labels.Shape}.");
        return terms.Sum() / (classWeights is null ? target : target * classWeights).Sum();
    }

    /// <summary>Σ t·(log t − log p) over classes, the Kullback-Leibler divergence of p from t, from logarithms of p; 0 where t is 0. The mean is over the rows (PyTorch's <c>batchmean</c>).</summary>
    /// <param name="logProbabilities">log p (…, classes).</param>
    /// <param name="target">t, of the same shape.</param>
    /// <param name="reduction">None: a term a row.</param>
    /// <exception cref="ShapeException">The shapes differ, or there are no rows.</exception>
    public static Tensor KullbackLeibler(Tensor logProbabilities, Tensor target, Reduction reduction = Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(logProbabilities);
        ArgumentNullException.ThrowIfNull(target);
        RequireSame("kullback-leibler", logProbabilities, target);
        RequireClasses("kullback-leibler", logProbabilities);
        // Where t is 0 the logarithm of 1 stands in, whose product is 0; a product with −∞ would be NaN.
        Tensor isThere = target > 0, ones = Tensor.Full(target.Device, Shape.Scalar, 1), zero = Tensor.Zeros(target.Device, Shape.Scalar);
        Tensor terms = target * (target.Where(isThere, ones).Log() - logProbabilities.Where(isThere, zero));
        return Reduced("kullback-leibler", terms.Sum([-1]), reduction);
    }

    /// <summary>−Σ w·t·log p over classes; a class whose target is 0 adds nothing, be its log p −∞.</summary>
    private static Tensor Terms(Tensor logProbabilities, Tensor target, Tensor? weights)
    {
        Tensor weighted = weights is null ? target : target * weights;
        return -(weighted * logProbabilities.Where(target.NotEqualTo(0), Tensor.Zeros(target.Device, Shape.Scalar))).Sum([-1]);
    }

    /// <summary>(1 − ε)·t + ε/classes, of rows that count: those of a label that does not are zeros alone.</summary>
    private static Tensor Smoothed(Tensor target, double smoothing) =>
        smoothing == 0 ? target : (target * (1 - smoothing)) + (target.StopGradient().Sum([-1], keepAxes: true).NotEqualTo(0) * (smoothing / target.Shape[^1]));

    private static void RequireLabels(string loss, Tensor logits, IntTensor labels)
    {
        RequireClasses(loss, logits);
        bool fits = labels.Shape.Rank == logits.Shape.Rank - 1;
        for (int axis = 0; fits && axis < labels.Shape.Rank; axis++) fits = labels.Shape[axis] == logits.Shape[axis];
        if (!fits) throw new ShapeException($"{loss}: logits {logits.Shape} need labels {Shape.Create(logits.Shape.ToArray().AsSpan(0, logits.Shape.Rank - 1))}, found {labels.Shape}.");
    }

    private static void RequireClasses(string loss, Tensor logits)
    {
        if (logits.Shape.Rank < 2 || logits.Shape[^1] == 0) throw new ShapeException($"{loss}: needs rows of classes, found {logits.Shape}.");
    }

    private static void RequireSmoothing(double smoothing)
    {
        if (smoothing is not (>= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(smoothing), $"cross entropy: smoothing must be in [0, 1), found {smoothing}.");
    }
}
