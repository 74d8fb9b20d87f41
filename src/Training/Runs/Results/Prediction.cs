namespace ResearchFreeze.Training;

/// <summary>What a model says of one sample.</summary>
/// <param name="Sample">Its place in the set, from 0.</param>
/// <param name="Class">The class with the largest probability; of equal ones the first. −1 where the model predicts numbers.</param>
/// <param name="Probabilities">Of each class: the softmax of the logits.</param>
public sealed record Prediction(int Sample, int Class, IReadOnlyList<double> Probabilities)
{
    /// <summary>Of <see cref="Class"/>.</summary>
    public double Probability => Probabilities[Class];

    /// <summary>Where the model predicts numbers: those, in the data's own unit, or of several labels the probability of each. There is no class then.</summary>
    public IReadOnlyList<double> Values { get; init; } = [];
}
