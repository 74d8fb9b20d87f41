namespace ResearchFreeze.Evaluation;

/// <summary>
/// The equivalent compute ratio: a method's operations over those of the shortest fully decayed full run with the same held-out loss. Below 1 the method is worth more than training less. Outside of the control curve it is a
/// bound: nothing is extrapolated.
/// </summary>
/// <param name="Seeds">Seeds that the method and every length of the control have.</param>
/// <param name="Ratio">The ratio of the means.</param>
/// <param name="Low">The lower end of its 95 % bootstrap interval over seeds; null where there are fewer than <see cref="LeastSeeds"/>.</param>
/// <param name="High">The upper end; null where there are fewer.</param>
public sealed record EquivalentCompute(int Seeds, BoundedNumber Ratio, BoundedNumber? Low, BoundedNumber? High)
{
    /// <summary>With fewer seeds there is no interval: resampling them says next to nothing.</summary>
    public const int LeastSeeds = 5;

    /// <summary>The ratio of a method.</summary>
    /// <param name="method">Its runs, one a seed.</param>
    /// <param name="curves">Full training: for each schedule, for each length, the runs, one a seed in the method's order.</param>
    /// <exception cref="ArgumentException">There is no run, or a length has another number of seeds.</exception>
    public static EquivalentCompute Of(IReadOnlyList<RunCost> method, IReadOnlyList<IReadOnlyList<IReadOnlyList<RunCost>>> curves)
    {
        ArgumentNullException.ThrowIfNull(curves);
        return Of(method, new ControlRuns(curves));
    }

    /// <summary>The ratio of one of several methods of the same seeds.</summary>
    internal static EquivalentCompute Of(IReadOnlyList<RunCost> method, ControlRuns control)
    {
        ArgumentNullException.ThrowIfNull(method);
        int seeds = method.Count;
        if (seeds == 0) throw new ArgumentException("The equivalent compute ratio needs at least one run, found none.", nameof(method));
        foreach (IReadOnlyList<RunCost> length in control.Lengths)
        {
            if (length.Count != seeds) throw new ArgumentException($"The equivalent compute ratio is paired by seed: the method has {seeds} seeds, a length of the control {length.Count}.", nameof(control));
        }
        int[] all = [.. Enumerable.Range(0, seeds)];
        BoundedNumber found = For(all, control.Of(all));
        if (seeds < LeastSeeds) return new EquivalentCompute(seeds, found, null, null);
        int number = 0;
        (BoundedNumber low, BoundedNumber high) = Bootstrap.Interval(seeds, drawn => For(drawn, control.OfDraw(number++, drawn)), Comparer<BoundedNumber>.Default);
        return new EquivalentCompute(seeds, found, low, high);

        BoundedNumber For(int[] drawn, ControlCurve[] curves)
        {
            RunCost mean = RunCost.Mean(method, drawn);
            return RatioOf(mean, ControlCurve.Needed(curves, mean.Loss));
        }
    }

    /// <summary>Operations over the operations that full training needs: fewer than some make a ratio that is greater than one.</summary>
    private static BoundedNumber RatioOf(RunCost method, BoundedNumber needed) => new(method.Operations / needed.Value, (Bound)(-(int)needed.Bound));
}
