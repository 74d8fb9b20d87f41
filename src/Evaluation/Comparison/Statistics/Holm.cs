namespace ResearchFreeze.Evaluation;

/// <summary>Several tests at once (Holm 1979): adjusted so that the chance of one or more false findings among them stays at the level.</summary>
public static class Holm
{
    /// <summary>The adjusted probabilities, in the order of those given.</summary>
    public static IReadOnlyList<double> Adjusted(IReadOnlyList<double> probabilities)
    {
        ArgumentNullException.ThrowIfNull(probabilities);
        var adjusted = new double[probabilities.Count];
        double most = 0;
        foreach ((int rank, int place) in Enumerable.Range(0, probabilities.Count).OrderBy(place => probabilities[place]).Index())
        {
            most = Math.Max(most, Math.Min(1, (probabilities.Count - rank) * probabilities[place]));
            adjusted[place] = most;
        }
        return adjusted;
    }
}
