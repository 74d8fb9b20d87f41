namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Spends a loss budget where it saves most: when each unit of a prefix is to be frozen, so that the savings over the rest of the run are largest and the prices fit. A price falls with the learning rate, and a saving with the steps
/// that are left. Exact but for the budget, which is divided into equal parts; prices are rounded up to whole ones.
/// </summary>
internal static class LossPlanner
{
    private const int Parts = 200;

    /// <summary>How many units, from the front, the best plan freezes now.</summary>
    /// <param name="prices">What freezing each unit now would cost, from the input; not finite: not known, it and what lies behind it is not frozen.</param>
    /// <param name="savings">What a step saves once the unit and all in front of it are frozen, beyond what they save.</param>
    /// <param name="mayNow">Whether the unit may be frozen now; later each may be.</param>
    /// <param name="falls">For now and each later check, what a price is multiplied with.</param>
    /// <param name="left">For now and each later check, steps that are left.</param>
    /// <param name="budget">What may be spent.</param>
    public static int FreezesNow(double[] prices, double[] savings, bool[] mayNow, double[] falls, int[] left, double budget)
    {
        int units = Array.FindIndex(prices, price => !double.IsFinite(price)) is var unknown and >= 0 ? unknown : prices.Length, checks = left.Length;
        if (units == 0 || checks == 0) return 0;
        // best[u, b]: the most that units from u on save if none is frozen before the check, with b parts of the budget; from the last check to this one.
        var best = new double[units + 1, Parts + 1];
        var takes = new bool[units, Parts + 1];
        for (int m = checks - 1; m >= 0; m--)
        {
            // The last unit first, since the units behind one may be frozen at the same check.
            for (int u = units - 1; u >= 0; u--)
            {
                int price = PartsOf(prices[u] * falls[m], budget);
                for (int b = Parts; b >= 0; b--)
                {
                    double waits = best[u, b], freezes = price <= b && (m > 0 || mayNow[u]) ? (savings[u] * left[m]) + best[u + 1, b - price] : double.NegativeInfinity;
                    takes[u, b] = freezes >= waits;
                    best[u, b] = Math.Max(waits, freezes);
                }
            }
        }
        int count = 0, rest = Parts;
        while (count < units && takes[count, rest]) rest -= PartsOf(prices[count++] * falls[0], budget);
        return count;
    }

    private static int PartsOf(double price, double budget) => price <= 0 ? 0 : budget > 0 ? (int)Math.Min(Parts + 1, Math.Ceiling(price / budget * Parts)) : Parts + 1;
}
