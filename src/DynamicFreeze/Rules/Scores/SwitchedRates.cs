namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// The evidence-based criterion's rule (Lee et al. 2023): at each check the rate of a unit whose score is below the threshold is set to 0, and any other's to the run's, heads included. Freezes nothing: gradients go on, and
/// are measured for the next check. A unit without a score keeps its rate.
/// </summary>
public sealed class SwitchedRates : IFreezeRule<NoState>, IScheduleRule
{
    private readonly double threshold;

    /// <summary>A rule.</summary>
    /// <param name="threshold">Scores below it say "rate 0"; a number.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not finite.</exception>
    public SwitchedRates(double threshold = 0.95)
    {
        if (!double.IsFinite(threshold)) throw new ArgumentOutOfRangeException(nameof(threshold), $"{Name}: the threshold must be a finite number, found {threshold}.");
        this.threshold = threshold;
    }

    /// <inheritdoc/>
    public string Name => "switched-rates";

    /// <inheritdoc/>
    public bool FreezesNothing => true;

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"threshold={threshold}");

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref NoState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        var decision = new FreezeDecision(context);
        foreach (UnitView unit in context.Units)
        {
            if (double.IsFinite(unit.Score)) decision.Scale(unit.Index, unit.Score < threshold ? 0 : 1, FormattableString.Invariant($"{unit.Explanation}, the threshold is {threshold:G3}"));
        }
        return decision;
    }
}
