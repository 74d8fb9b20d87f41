namespace ResearchFreeze.DynamicFreeze;

/// <summary>When a phase ends: at whichever of these comes first; 0 is never.</summary>
/// <param name="Steps">At the first check at least so many steps after the phase began.</param>
/// <param name="Checks">At so many checks after the phase began.</param>
/// <param name="Patience">When so many validation measurements in a row, taken in this phase, were no better than the best so far.</param>
/// <param name="Metric">Which measurement; its direction is given with it.</param>
public sealed record PhaseEnd(int Steps = 0, int Checks = 0, int Patience = 0, string Metric = "validation")
{
    /// <summary>After so many epochs; needs <see cref="FreezeOptions.EpochSteps"/>.</summary>
    public int Epochs { get; init; }

    /// <summary>After this part of the run, in [0, 1]; needs <see cref="FreezeOptions.RunSteps"/>.</summary>
    public double Part { get; init; }

    /// <summary>As a part of a rule's settings; what a plan in steps does not have is left out.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"PhaseEnd {{ Steps = {Steps}, Checks = {Checks}, Patience = {Patience}, Metric = {Metric} }}{(Epochs > 0 ? $", epochs={Epochs}" : "")}{(Part > 0 ? FormattableString.Invariant($", part={Part}") : "")}");
}

/// <summary>
/// A plan of phases, each of which trains the last so many units: gradual unfreezing as in ULMFiT (Howard, Ruder 2018) and fastai, with transitions by validation as in finetuning-scheduler. Nothing is
/// decided within a phase. Heads count as the last units, wherever they are. With a factor, units learn the more slowly the nearer they are to the input (discriminative rates): a unit's rate is divided by the factor
/// for each unit behind it that is no head, and once more. ULMFiT's factor is 2.6.
/// </summary>
public sealed class Phases : IFreezeRule<PhaseState>, IScheduleRule
{
    /// <summary>As the number of units of a phase: all that there are.</summary>
    public const int AllUnits = int.MaxValue;

    private readonly int[] trained;
    private readonly PhaseEnd end;
    private readonly double factor;
    private readonly bool stops;
    private readonly int growth;

    /// <summary>A plan.</summary>
    /// <param name="trained">How many units train in each phase, counted from the output, heads included; empty: <paramref name="growth"/> in the first phase and as many more in each.</param>
    /// <param name="end">When a phase ends.</param>
    /// <param name="factor">At least 1; 1 leaves all rates alike.</param>
    /// <param name="stops">Whether training may stop when the last phase ends.</param>
    /// <param name="growth">Units that each phase adds where none are listed; at least 1.</param>
    public Phases(IReadOnlyList<int> trained, PhaseEnd end, double factor = 1, bool stops = false, int growth = 1)
    {
        ArgumentNullException.ThrowIfNull(trained);
        ArgumentNullException.ThrowIfNull(end);
        foreach (int units in trained)
        {
            if (units < 1) throw new ArgumentOutOfRangeException(nameof(trained), $"phases: a phase trains at least 1 unit, found {units}.");
        }
        if (Math.Min(end.Steps, Math.Min(end.Checks, end.Patience)) < 0)
            throw new ArgumentOutOfRangeException(nameof(end), $"phases: steps, checks and patience must be 0 or more, found {end.Steps}, {end.Checks} and {end.Patience}.");
        if (end.Epochs < 0) throw new ArgumentOutOfRangeException(nameof(end), $"phases: epochs must be 0 or more, found {end.Epochs}.");
        if (end.Part is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(end), FormattableString.Invariant($"phases: the part of the run must be in [0, 1], found {end.Part}."));
        if (Math.Max(end.Steps, Math.Max(end.Checks, end.Patience)) == 0 && end is { Epochs: 0, Part: 0 }) throw new ArgumentException("phases: a phase needs an end: steps, checks or patience above 0, found none.");
        if (!(factor >= 1) || !double.IsFinite(factor)) throw new ArgumentOutOfRangeException(nameof(factor), $"phases: the factor must be at least 1, found {factor}.");
        if (growth < 1) throw new ArgumentOutOfRangeException(nameof(growth), $"phases: each phase adds at least 1 unit, found {growth}.");
        this.trained = [.. trained];
        this.growth = growth;
        this.end = end;
        this.factor = factor;
        this.stops = stops;
    }

    /// <inheritdoc/>
    public string Name => "phases";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"{string.Join('+', trained)},{end},factor={factor},stops={stops}{(growth == 1 ? "" : $",growth={growth}")}");

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A phase trains more units than there are.</exception>
    public FreezeDecision Decide(CheckContext context, ref PhaseState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(state);
        int units = context.Units.Count, phases = trained.Length == 0 ? ((units - 1) / growth) + 1 : trained.Length;
        foreach (int count in trained)
        {
            if (count > units && count != AllUnits) throw new ArgumentException($"phases: {count} units to train, but the model has {units}.");
        }
        var decision = new FreezeDecision(context);
        double[] measured = [.. context.Validation.Where(point => point.Name == end.Metric).Select(point => point.HigherIsBetter ? point.Value : -point.Value)];
        if (state.Phase < phases)
        {
            bool isStart = state.Phase < 0;
            if (!isStart) state.Checks++;
            if (isStart || HasEnded(context, measured, state))
            {
                state.Begin(context.Step, measured.Length);
                if (state.Phase < phases) Enter(context, Math.Min(units, trained.Length == 0 ? growth * (state.Phase + 1) : trained[state.Phase]), $"phase {state.Phase + 1} of {phases}", decision);
            }
        }
        decision.Stop = stops && state.Phase >= phases;
        return decision;
    }

    private bool HasEnded(CheckContext context, double[] measured, PhaseState state)
    {
        int steps = context.Step - state.Step;
        if (end.Epochs > 0 && context.EpochSteps == 0) throw new ArgumentException("phases: an epoch's length is not known; set FreezeOptions.EpochSteps.");
        if (end.Part > 0 && context.RunSteps == 0) throw new ArgumentException("phases: the run's length is not known; set FreezeOptions.RunSteps.");
        if (end.Steps > 0 && steps >= end.Steps) return true;
        if (end.Epochs > 0 && steps >= (long)end.Epochs * context.EpochSteps) return true;
        if (end.Part > 0 && steps >= end.Part * context.RunSteps) return true;
        if (end.Checks > 0 && state.Checks >= end.Checks) return true;
        if (end.Patience == 0) return false;
        int last = -1;
        double best = double.NegativeInfinity;
        for (int i = 0; i < measured.Length; i++)
        {
            // The first number is the best so far; NaN is compared with nothing and is no better.
            if (!(measured[i] > best)) continue;
            best = measured[i];
            last = i;
        }
        return measured.Length - Math.Max(last + 1, state.Measured) >= end.Patience;
    }

    private void Enter(CheckContext context, int count, string phase, FreezeDecision decision)
    {
        int frozen = context.Units.Count - count, depth = context.Units.Count(unit => !unit.IsHead);
        foreach (UnitView unit in context.Units)
        {
            bool isFrozen = !unit.IsHead && frozen-- > 0;
            int behind = unit.IsHead ? 0 : depth--;
            string? slower = factor == 1 ? null : FormattableString.Invariant($"its rate is divided by {factor:G3}^{behind}");
            string? reason = isFrozen == unit.IsFrozen ? slower : $"{phase} trains the last {count} of {context.Units.Count} units";
            decision.Set(unit.Index, new UnitDecision(isFrozen, reason, factor == 1 ? null : (float)Math.Pow(factor, -behind)));
        }
    }
}
