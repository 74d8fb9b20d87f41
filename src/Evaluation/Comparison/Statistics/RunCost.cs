namespace ResearchFreeze.Evaluation;

/// <summary>What a run took and what it gave.</summary>
/// <param name="Operations">Operations of training, freezing's own included.</param>
/// <param name="Loss">Loss on held-out data.</param>
public readonly record struct RunCost(double Operations, double Loss)
{
    /// <summary>The mean of some runs.</summary>
    /// <param name="runs">Runs, one a seed.</param>
    /// <param name="seeds">Their places; one may be there more than once.</param>
    internal static RunCost Mean(IReadOnlyList<RunCost> runs, int[] seeds)
    {
        (double operations, double loss) = (0, 0);
        foreach (int seed in seeds)
        {
            operations += runs[seed].Operations;
            loss += runs[seed].Loss;
        }
        return new RunCost(operations / seeds.Length, loss / seeds.Length);
    }
}
