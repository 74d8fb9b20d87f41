using MathNet.Numerics.Statistics;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// AutoFreeze (Liu, Agarwal, Venkataraman 2021): takes a percentile of the scores of the units that still train, the heads left out as there, and freezes from the input on up to the first unit
/// whose score is at or above it. One unit beside the heads always goes on training. Nothing is frozen while the percentile is not finite.
/// </summary>
/// <remarks>The percentile is numpy's: linear between the two nearest of the n sorted scores, at place (n − 1) · p / 100 (Hyndman and Fan's definition 7).</remarks>
public sealed class Percentile : IFreezeRule<NoState>
{
    private readonly double percent;
    private readonly bool isPrefix;

    /// <summary>A percentile rule.</summary>
    /// <param name="percent">In (0, 100]: no score is below the smallest, so that the 0th would freeze nothing.</param>
    /// <param name="isPrefix">Whether freezing goes from the input on and ends at the first unit at or above the percentile, or one without an opinion; otherwise every unit below it is frozen.</param>
    public Percentile(double percent = 50, bool isPrefix = true)
    {
        if (percent is not (> 0 and <= 100)) throw new ArgumentOutOfRangeException(nameof(percent), FormattableString.Invariant($"percentile: the percentile must be in (0, 100], found {percent}{(percent == 0 ? ", below which no score lies" : "")}."));
        this.percent = percent;
        this.isPrefix = isPrefix;
    }

    /// <inheritdoc/>
    public string Name => "percentile";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"{percent},prefix={isPrefix}");

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref NoState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        var decision = new FreezeDecision(context);
        double[] scores = [.. context.Units.Where(unit => !unit.IsFrozen && !unit.IsHead && !double.IsNaN(unit.Score)).Select(unit => unit.Score).Order()];
        if (scores.Length == 0) return decision;
        double limit = SortedArrayStatistics.QuantileCustom(scores, percent / 100, QuantileDefinition.R7);
        if (!double.IsFinite(limit)) return decision;
        foreach (UnitView unit in context.Units)
        {
            if (unit.IsFrozen || unit.IsHead) continue;
            if (unit.Score < limit)
                decision.Freeze(unit.Index, FormattableString.Invariant($"{unit.Explanation}: below {limit:G3}, the {percent:G4}th percentile of {scores.Length} units"));
            else if (isPrefix) break;
        }
        return decision;
    }
}
