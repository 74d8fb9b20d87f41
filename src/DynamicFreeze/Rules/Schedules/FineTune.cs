namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// fastai's <c>fine_tune</c>: for some epochs heads alone train, at the run's rate; then all units train at half of it, less the nearer they are to the input: the first at 1 / <c>mult</c> of the last, in equal factors between.
/// </summary>
public sealed class FineTune : IFreezeRule<NoState>, IScheduleRule
{
    private readonly int epochs;
    private readonly double mult;

    /// <summary>A rule.</summary>
    /// <param name="epochs">Epochs for heads alone; at least 1.</param>
    /// <param name="mult">How many times the last unit's rate is the first one's; at least 1.</param>
    public FineTune(int epochs = 1, double mult = 100)
    {
        if (epochs < 1) throw new ArgumentOutOfRangeException(nameof(epochs), $"fine-tune: epochs must be at least 1, found {epochs}.");
        if (!(mult >= 1) || !double.IsFinite(mult)) throw new ArgumentOutOfRangeException(nameof(mult), FormattableString.Invariant($"fine-tune: mult must be at least 1, found {mult}."));
        this.epochs = epochs;
        this.mult = mult;
    }

    /// <inheritdoc/>
    public string Name => "fine-tune";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"epochs={epochs},mult={mult}");

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">An epoch's length is not known.</exception>
    public FreezeDecision Decide(CheckContext context, ref NoState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.EpochSteps == 0) throw new ArgumentException("fine-tune: an epoch's length is not known; set FreezeOptions.EpochSteps.");
        var decision = new FreezeDecision(context);
        bool isHeadOnly = context.Step < (long)epochs * context.EpochSteps;
        // Heads are the last group, wherever they stand; without one the last unit is.
        int others = context.Units.Count(unit => !unit.IsHead), last = others < context.Units.Count ? others : Math.Max(0, others - 1), place = 0;
        foreach (UnitView unit in context.Units)
        {
            int at = unit.IsHead ? last : place++;
            double rate = isHeadOnly ? 1 : 0.5 * Math.Pow(mult, last == 0 ? 0 : (at / (double)last) - 1);
            decision.Scale(unit.Index, rate, FormattableString.Invariant($"its rate is {rate:G3} of the run's"));
            bool frozen = isHeadOnly && at < last;
            if (frozen != unit.IsFrozen) decision.Set(unit.Index, decision.Units[unit.Index] with { Frozen = frozen, Reason = frozen ? $"the last group trains alone for {epochs} epochs" : $"all train after {epochs} epochs" });
        }
        return decision;
    }
}
