namespace ResearchFreeze.Evaluation;

/// <summary>Which of several costs and gains nothing else beats in both.</summary>
public static class ParetoFront
{
    /// <summary>The places of the points that no other is at least as good as in both, and better in one; by cost.</summary>
    /// <param name="points">A cost, less of which is better, with a gain.</param>
    /// <param name="higherIsBetter">Whether more of the gain is better.</param>
    public static IReadOnlyList<int> Of(IReadOnlyList<(double Cost, double Gain)> points, bool higherIsBetter)
    {
        ArgumentNullException.ThrowIfNull(points);
        double sign = higherIsBetter ? 1 : -1;
        return [.. Enumerable.Range(0, points.Count).Where(i => !points.Any(other => Beats(other, points[i]))).OrderBy(i => points[i].Cost)];

        bool Beats((double Cost, double Gain) other, (double Cost, double Gain) one) =>
            other.Cost <= one.Cost && sign * other.Gain >= sign * one.Gain && (other.Cost < one.Cost || sign * other.Gain > sign * one.Gain);
    }
}
