namespace ResearchFreeze.DynamicFreeze;

/// <summary>How often each branch is cut by DropBP (Woo et al. 2024, and its released code): greedily, in steps of a tenth.</summary>
public static class DropBpRates
{
    private const int Most = 9;

    /// <summary>
    /// Raises, again and again, the rate of the branch for which the next rate times its sensitivity is smallest (of equal ones the last, as in the released code), until Σ(1 − pₗ)·Fₗ is at most (1 − rate)·ΣFₗ, or all are at 0.9.
    /// </summary>
    /// <param name="sensitivities">Sₗ, one a branch.</param>
    /// <param name="costs">Fₗ, what a branch's backward pass costs.</param>
    /// <param name="rate">The part of the cost that is to be saved, in [0, 0.9].</param>
    /// <returns>The rates pₗ, multiples of 0.1 up to 0.9.</returns>
    /// <exception cref="ArgumentException">There are not as many costs as sensitivities, or one of them is negative or no number.</exception>
    public static double[] Of(IReadOnlyList<double> sensitivities, IReadOnlyList<double> costs, double rate)
    {
        ArgumentNullException.ThrowIfNull(sensitivities);
        ArgumentNullException.ThrowIfNull(costs);
        if (sensitivities.Count != costs.Count) throw new ArgumentException($"DropBP: expected a cost for each of {sensitivities.Count} branches, found {costs.Count}.");
        if (sensitivities.Concat(costs).Any(value => !(value >= 0) || double.IsInfinity(value))) throw new ArgumentException("DropBP: sensitivities and costs must be 0 or more, and finite.");
        var tenths = new int[costs.Count];
        // Counted in tenths: what is left is compared without the error of adding 0.1.
        double all = costs.Sum(), target = (1 - rate) * all * 10;
        double left = all * 10;
        while (left > target * (1 + 1e-12) + 1e-12)
        {
            int next = -1;
            for (int i = 0; i < tenths.Length; i++)
            {
                if (tenths[i] < Most && (next < 0 || (tenths[i] + 1) * sensitivities[i] <= (tenths[next] + 1) * sensitivities[next])) next = i;
            }
            if (next < 0) break;
            tenths[next]++;
            left -= costs[next];
        }
        return [.. tenths.Select(tenth => tenth / 10.0)];
    }
}
