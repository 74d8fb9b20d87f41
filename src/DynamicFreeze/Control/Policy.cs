using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>A criterion and a rule with their defaults. The controller's settings depend on the run's length.</summary>
/// <param name="Criterion">Scores units.</param>
/// <param name="Rule">Decides.</param>
/// <param name="Options">The controller's settings for a run of this many steps.</param>
public sealed record Policy(ICriterion Criterion, IFreezeRule Rule, Func<int, FreezeOptions> Options)
{
    /// <summary>A criterion and a rule with the settings that the command line gives them: <see cref="FreezeOptions.ForRun"/>, without triggers for a rule that keeps a budget, and also without warm-up for one that follows a plan.</summary>
    public Policy(ICriterion criterion, IFreezeRule rule)
        : this(criterion, rule, steps => FollowsPlan(rule) ? FreezeOptions.ForRun(steps, warmUp: 0) with { RateDrop = 0, RegressionMargin = 0 }
            : KeepsBudget(rule) ? FreezeOptions.ForRun(steps) with { RateDrop = 0, RegressionMargin = 0 }
            : FreezeOptions.ForRun(steps))
    {
    }

    /// <summary>The published method that it is; null: none.</summary>
    public Method? Method { get; init; }

    /// <summary>What it needs in place of the run's learning-rate schedule, for a rate and the run's steps; null: it leaves the schedule alone.</summary>
    public Func<float, int, Schedule>? Schedule { get; init; }

    /// <summary>The rule, without the filters that its decisions go through.</summary>
    public static IFreezeRule Unfiltered(IFreezeRule rule) => rule is FilteredRule filtered ? filtered.Rule : rule;

    /// <summary>Whether a rule, behind filters or not, is an <see cref="IScheduleRule"/>.</summary>
    public static bool FollowsPlan(IFreezeRule rule) => Unfiltered(rule) is IScheduleRule;

    /// <summary>Whether a rule, behind filters or not, is an <see cref="IBudgetRule"/>.</summary>
    public static bool KeepsBudget(IFreezeRule rule) => Unfiltered(rule) is IBudgetRule;

    /// <summary>The same with a division of its own, as for a head that has to be named: <c>policy.WithUnits(UnitDivision.Blocks.WithHead("head"))</c>.</summary>
    public Policy WithUnits(UnitDivision division)
    {
        ArgumentNullException.ThrowIfNull(division);
        return this with { Options = steps => Options(steps) with { Units = division } };
    }

    /// <summary>The same, but a recorded run's decisions are repeated.</summary>
    public Policy Replaying(DecisionRecord record) => this with { Options = steps => Options(steps) with { Replay = record } };
}
