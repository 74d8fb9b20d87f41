using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Reasons to thaw that no rule has to know.</summary>
internal static class Triggers
{
    /// <summary>Why everything is to be thawed now, if the schedule has just dropped; null: it has not.</summary>
    public static string? RateDrop(Optimizer optimizer, double factor)
    {
        const double Rounding = 1 - 1e-5;      // a schedule that multiplies with 0.2 in float32 falls by a factor of 5
        int step = optimizer.StepCount;
        double rate = optimizer.LearningRate, last = optimizer.Schedule.Rate(step - 1);
        // A schedule that has ended at zero is no drop: nothing will move any more.
        if (factor == 0 || !(rate > 0) || !(rate * factor * Rounding <= last)) return null;
        // A drop comes from a rate that was held. The last steps of a cosine fall by large factors too, but each after one that did almost as much.
        double fallBefore = step < 2 ? 1 : optimizer.Schedule.Rate(step - 2) / last;
        if (fallBefore * fallBefore >= Math.Min(factor, 2)) return null;
        return FormattableString.Invariant($"the learning rate fell from {last:G3} to {rate:G3}: what had settled at the old rate may move again");
    }

    /// <summary>Why everything is to be thawed after a validation measurement; null: it is not.</summary>
    public static string? Regression(IReadOnlyList<ValidationPoint> earlier, ValidationPoint now, double margin)
    {
        double sign = now.HigherIsBetter ? 1 : -1, best = double.NegativeInfinity;
        foreach (ValidationPoint point in earlier)
        {
            if (point.Name == now.Name && !double.IsNaN(point.Value)) best = Math.Max(best, sign * point.Value);
        }
        if (!(margin > 0) || double.IsInfinity(best)) return null;
        double fall = OwnFall.Of(earlier, now.Name);
        if (!(sign * now.Value < best - now.Allowed(best, margin, fall))) return null;
        return FormattableString.Invariant($"{now.Name} {now.Value:G4} is worse than the best so far, {sign * best:G4}, by more than {now.Words(best, margin, fall)}");
    }
}
