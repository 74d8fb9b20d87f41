namespace ResearchFreeze.Autograd;

/// <summary>What a loss asks of its operands before anything is allocated.</summary>
internal static class LossOperands
{
    /// <summary>Predictions and targets are of one shape, and there are some.</summary>
    /// <exception cref="ShapeException">They are not (a loss never broadcasts), or there are none.</exception>
    public static void Require(string loss, Shape predictions, Shape targets)
    {
        if (predictions != targets) throw new ShapeException($"{loss}: shapes {predictions} and {targets} differ.");
        RequireElements(loss, predictions);
    }

    /// <summary>The mean of no elements would be NaN, and a training on it would end without a word.</summary>
    /// <exception cref="ShapeException">There are none.</exception>
    public static void RequireElements(string loss, Shape predictions)
    {
        if (predictions.Count == 0) throw new ShapeException($"{loss}: an empty batch has no mean loss, found shape {predictions}.");
    }
}
