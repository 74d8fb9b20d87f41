namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Finds runs that end before the first freeze that their rule could make, and plans that never make one. A rule that has just been started is shown units that are finished from the second check on: the first observation is no opinion.
/// </summary>
internal static class ShortRun
{
    private const int Horizon = 1000;

    /// <summary>A sentence; null: the run is long enough, its length is not known, or the rule goes by scores and does not freeze in many times as long.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="shown">What it is shown before the first step.</param>
    /// <param name="options">The run's settings.</param>
    public static string? Warning(IFreezeRule rule, CheckContext shown, FreezeOptions options)
    {
        if (options.RunSteps == 0 || shown.Step > 0) return null;
        if (!Policy.FollowsPlan(rule))
        {
            if (shown.Units.Count == 1) return "nothing will be frozen: the model has one unit, and the last that trains is never frozen";
            if (shown.Units.All(unit => unit.IsHead)) return "nothing will be frozen: all units of the model are heads";
        }
        if (shown.Units.All(unit => !CanFreeze(unit))) return null;
        int most = (int)Math.Floor(options.MostFrozen * shown.Units.Count);
        if (most == 0 && rule is not Never) return FormattableString.Invariant($"nothing will be frozen: at most {options.MostFrozen} of {shown.Units.Count} units may be, which is none");
        // A rate that is scaled by a part of no score at all would be none.
        bool freezesNothing = rule is IScheduleRule { FreezesNothing: true };
        UnitView[] unknown = [.. shown.Units.Select(unit => unit with { Score = double.NaN })], finished = [.. shown.Units.Select(unit => unit with { Score = freezesNothing ? double.Epsilon : 0, Price = 0 })];
        int? first;
        int checks;
        try
        {
            (first, checks) = FirstFreeze(rule.Start(), freezesNothing, shown with { Units = unknown }, shown with { Units = finished }, options);
        }
        catch (Exception)
        {
            // A rule of somebody's own may read a history that these units do not have: it is asked for a warning alone, and says what is wrong when it is asked in earnest.
            return null;
        }
        // By costs or by a history of their own some rules freeze later than these units show, but none without a check.
        if (first is null && rule is not IScheduleRule && checks >= options.RunSteps)
            return $"a run of {(options.RunSteps == 1 ? "one step" : $"{options.RunSteps} steps")} is too short to freeze: the first check of {rule.Name} is at step {checks}";
        // A plan does not depend on what will be measured: one that has not frozen in so many checks trains everything, as two of two units by turns.
        if (first is null && rule is IScheduleRule { FreezesNothing: false })
        {
            int units = shown.Units.Count(CanFreeze);
            return $"{rule.Name}{(rule.Settings.Length == 0 ? "" : $" ({rule.Settings})")} freezes nothing of this model, in which it may freeze {units} {(units == 1 ? "unit" : "units")}";
        }
        // What is frozen after the last step saves nothing.
        if (first is not { } step || step < options.RunSteps) return null;
        return freezesNothing
            ? $"a run of {(options.RunSteps == 1 ? "one step" : $"{options.RunSteps} steps")} is too short for {rule.Name}: it can change a rate at step {step} at the earliest"
            : $"a run of {(options.RunSteps == 1 ? "one step" : $"{options.RunSteps} steps")} is too short to freeze: {rule.Name} can at step {step} at the earliest, with a warm-up of {options.WarmUpSteps} steps and a check every {(options.CheckEvery == 1 ? "step" : $"{options.CheckEvery} steps")}{(rule.NeedsPrices && options is { RelativeLoss: true, EpochSteps: > 0 } ? $", after a validation at step {options.EpochSteps}" : "")}";
    }

    /// <summary>The step of the first freeze, or where the rule freezes nothing of the first change of anything, null: none was seen, and that of the first check.</summary>
    private static (int? Freeze, int Check) FirstFreeze(IRuleRun rule, bool freezesNothing, CheckContext unknown, CheckContext finished, FreezeOptions options)
    {
        FreezeDecision decision = rule.Decide(unknown);
        int first = decision.NextCheck ?? options.CheckEvery;
        if (Acts()) return (0, first);
        for ((int step, int check) = (first, 1); check < Horizon; check++)
        {
            int next = step + options.CheckEvery;
            if (step > options.WarmUpSteps)
            {
                decision = rule.Decide((check == 1 ? unknown : finished) with { Step = step, LossScale = step > options.EpochSteps || !options.RelativeLoss ? 1 : double.NaN });
                if (Acts()) return (step, first);
                // A rule that says when it is asked next is asked then.
                if (decision.NextCheck > step) next = decision.NextCheck.Value;
            }
            step = next;
        }
        return (null, first);

        bool Acts() => unknown.Units.Any(unit => decision.Units[unit.Index] is var made && (freezesNothing ? made.LearningRateScale is not null || made.CutRate is not null : CanFreeze(unit) && made.Frozen));
    }

    private static bool CanFreeze(UnitView unit) => !unit.IsHead && !unit.IsPinned && !unit.IsFrozen;
}
