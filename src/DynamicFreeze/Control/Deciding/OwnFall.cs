namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// How far a measurement falls by itself. Between two measurements full training at a high rate can lose more than any margin that one would set: a fall that was seen while nothing was frozen is none that a freeze has to answer for.
/// </summary>
internal static class OwnFall
{
    /// <summary>The largest fall below the best before it, in the measurement's unit, among those of a name while nothing was frozen; 0: there was none. What is measured after a thaw is compared with what came after the same thaw.</summary>
    public static double Of(IEnumerable<ValidationPoint> points, string name)
    {
        double best = double.NegativeInfinity, fall = 0;
        foreach (ValidationPoint point in points)
        {
            if (point.Name != name || !double.IsFinite(point.Value)) continue;
            double value = point.HigherIsBetter ? point.Value : -point.Value;
            // Below a best from before or during a freeze, what is measured first after the thaw still shows what the freeze did.
            best = point.WithFrozen ? double.NegativeInfinity : Math.Max(best, value);
            if (!point.WithFrozen) fall = Math.Max(fall, best - value);
        }
        return fall;
    }
}
