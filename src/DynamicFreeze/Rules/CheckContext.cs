using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Everything a rule may base a decision on.</summary>
/// <param name="Units">The units, from the input.</param>
/// <param name="Step">Steps taken.</param>
/// <param name="LearningRate">The schedule's rate for the next step.</param>
/// <param name="Validation">What was observed on validation data, oldest first. Never the test data.</param>
/// <param name="Random">The rule's own stream.</param>
public sealed record CheckContext(
    IReadOnlyList<UnitView> Units, int Step, float LearningRate, IReadOnlyList<ValidationPoint> Validation, RandomStream Random)
{
    /// <summary>Steps of the whole run; 0: not known (<see cref="FreezeOptions.RunSteps"/>).</summary>
    public int RunSteps { get; init; }

    /// <summary>Steps of an epoch; 0: not known (<see cref="FreezeOptions.EpochSteps"/>).</summary>
    public int EpochSteps { get; init; }

    /// <summary>The step at which the rule is asked next, unless it says otherwise; 0: not known.</summary>
    public int NextCheck { get; init; }

    /// <summary>Whether a forward cache may keep what a frozen prefix gives (<see cref="FreezeOptions.IsCached"/>).</summary>
    public bool IsCached { get; init; }

    /// <summary>What a loss budget of 1 is in the loss's unit: 1, or where <see cref="FreezeOptions.RelativeLoss"/> is set the last validation loss; NaN: none was observed yet.</summary>
    public double LossScale { get; init; } = 1;

    /// <summary>The schedule's rate of a step; NaN: of a later step, under a schedule that goes by measurements (<see cref="Layers.Schedule.FollowsMeasurements"/>).</summary>
    public Func<int, double> RateAt { get; init; } = _ => double.NaN;

    /// <summary>Asks what the run has cost so far: it sums the ledger, which a check that does not plan by cost need not. Null: not known.</summary>
    public Func<RunSpending?> Spent { get; init; } = () => null;
}
