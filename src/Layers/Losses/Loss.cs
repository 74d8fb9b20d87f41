using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>Losses: by default scalars to call <see cref="Tensor.Backward()"/> on. Predictions and targets are never broadcast; a mean over an empty batch is refused.</summary>
public static partial class Loss
{
    /// <summary>(prediction − target)².</summary>
    /// <exception cref="ShapeException">The shapes differ, or there are no elements.</exception>
    public static Tensor MeanSquaredError(Tensor prediction, Tensor target, Reduction reduction = Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ArgumentNullException.ThrowIfNull(target);
        if (reduction == Reduction.Mean) return prediction.MeanSquaredError(target);
        RequireSame("mean squared error", prediction, target);
        return Reduced("mean squared error", (prediction - target).Square(), reduction);
    }

    /// <summary>|prediction − target|; its slope is 0 where they are equal.</summary>
    /// <exception cref="ShapeException">The shapes differ, or there are no elements.</exception>
    public static Tensor MeanAbsoluteError(Tensor prediction, Tensor target, Reduction reduction = Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ArgumentNullException.ThrowIfNull(target);
        RequireSame("mean absolute error", prediction, target);
        return Reduced("mean absolute error", (prediction - target).Abs(), reduction);
    }

    /// <summary>The binary cross entropy of logits against targets in [0, 1].</summary>
    /// <exception cref="ShapeException">The shapes differ, or there are no elements.</exception>
    public static Tensor BinaryCrossEntropy(Tensor logits, Tensor target, Reduction reduction = Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(target);
        return reduction == Reduction.Mean ? logits.BinaryCrossEntropyWithLogits(target) : Reduced("binary cross entropy", logits.BinaryCrossEntropyTerms(target), reduction);
    }

    /// <summary>The Huber loss: quadratic in prediction − target up to δ, linear beyond.</summary>
    /// <exception cref="ShapeException">The shapes differ, or there are no elements.</exception>
    /// <exception cref="ArgumentOutOfRangeException">δ is not positive.</exception>
    public static Tensor Huber(Tensor prediction, Tensor target, double delta = 1, Reduction reduction = Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ArgumentNullException.ThrowIfNull(target);
        return reduction == Reduction.Mean ? prediction.Huber(target, delta) : Reduced("huber", prediction.HuberTerms(target, delta), reduction);
    }

    /// <summary>Terms as they were asked for.</summary>
    private static Tensor Reduced(string loss, Tensor terms, Reduction reduction)
    {
        if (reduction == Reduction.None) return terms;
        if (terms.Shape.Count == 0) throw new ShapeException($"{loss}: an empty batch has no {(reduction == Reduction.Mean ? "mean" : "total")} loss, found terms of shape {terms.Shape}.");
        return reduction == Reduction.Mean ? terms.Mean() : terms.Sum();
    }

    private static void RequireSame(string loss, Tensor a, Tensor b)
    {
        if (a.Shape != b.Shape) throw new ShapeException($"{loss}: shapes {a.Shape} and {b.Shape} differ.");
    }
}
