namespace ResearchFreeze.DynamicFreeze;

/// <summary>A criterion and a rule with their defaults. The controller's settings depend on the run's length.</summary>
/// <param name="Criterion">Scores units.</param>
/// <param name="Rule">Decides.</param>
/// <param name="Options">The controller's settings for a run of this many steps.</param>
public sealed record Policy(ICriterion Criterion, IFreezeRule Rule, Func<int, FreezeOptions> Options)
{
    /// <summary>A criterion and a rule with the settings that the command line gives them: <see cref="FreezeOptions.ForRun"/>.</summary>
    public Policy(ICriterion criterion, IFreezeRule rule)
        : this(criterion, rule, steps => FreezeOptions.ForRun(steps))
    {
    }

    /// <summary>The same, but a recorded run's decisions are repeated.</summary>
    public Policy Replaying(DecisionRecord record) => this with { Options = steps => Options(steps) with { Replay = record } };
}
