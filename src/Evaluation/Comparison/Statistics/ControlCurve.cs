namespace ResearchFreeze.Evaluation;

/// <summary>
/// Held-out loss of full training by its length: straight lines in the logarithm of operations between runs of several lengths, each with a schedule of its own that ends with it. More training never gives more loss on it:
/// neighbours that say otherwise are pooled (isotonic regression, Ayer et al. 1955).
/// </summary>
public sealed class ControlCurve
{
    private readonly RunCost[] points;

    /// <summary>A curve through mean costs.</summary>
    /// <param name="means">One for each length; in any order.</param>
    /// <exception cref="ArgumentException">There is none, or one's operations are not positive.</exception>
    public ControlCurve(IEnumerable<RunCost> means)
    {
        ArgumentNullException.ThrowIfNull(means);
        points = [.. means.OrderBy(point => point.Operations)];
        if (points.Length == 0) throw new ArgumentException("A control curve needs at least one length, found none.", nameof(means));
        if (!(points[0].Operations > 0)) throw new ArgumentException(FormattableString.Invariant($"A control curve's operations must be positive, found {points[0].Operations}."), nameof(means));
        double[] losses = Falling([.. points.Select(point => point.Loss)]);
        for (int i = 0; i < points.Length; i++) points[i] = points[i] with { Loss = losses[i] };
    }

    /// <summary>The curve's points, by operations.</summary>
    public IReadOnlyList<RunCost> Points => points;

    /// <summary>Operations of the shortest full run with a loss; outside of the curve it is known only that they are fewer than the shortest run's, or more than the longest's.</summary>
    public BoundedNumber Needed(double loss)
    {
        int first = Array.FindIndex(points, point => point.Loss <= loss);
        if (first < 0) return new BoundedNumber(points[^1].Operations, Bound.Greater);
        if (first == 0) return new BoundedNumber(points[0].Operations, points[0].Loss < loss ? Bound.Less : Bound.Exact);
        (RunCost before, RunCost after) = (points[first - 1], points[first]);
        double part = (before.Loss - loss) / (before.Loss - after.Loss);
        return new BoundedNumber(Math.Exp(Math.Log(before.Operations) + (part * Math.Log(after.Operations / before.Operations))));
    }

    /// <summary>The shortest of several curves' runs with a loss: full training may choose its schedule.</summary>
    public static BoundedNumber Needed(IReadOnlyList<ControlCurve> curves, double loss)
    {
        ArgumentNullException.ThrowIfNull(curves);
        return curves.Select(curve => curve.Needed(loss)).Min();
    }

    /// <summary>The falling sequence that is nearest by squares: neighbours that rise are replaced by their mean, until none does.</summary>
    internal static double[] Falling(double[] values)
    {
        var blocks = new List<(double Sum, int Count)>();
        foreach (double value in values)
        {
            blocks.Add((value, 1));
            while (blocks.Count > 1 && blocks[^2].Sum / blocks[^2].Count < blocks[^1].Sum / blocks[^1].Count)
            {
                (double sum, int count) = blocks[^1];
                blocks.RemoveAt(blocks.Count - 1);
                blocks[^1] = (blocks[^1].Sum + sum, blocks[^1].Count + count);
            }
        }
        return [.. blocks.SelectMany(block => Enumerable.Repeat(block.Sum / block.Count, block.Count))];
    }
}
