using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Evaluation;

/// <summary>What a policy did on a planted task.</summary>
/// <param name="Task">The task.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Decisions">What was frozen and thawed when.</param>
/// <param name="ExcessLoss">The mean squared difference of student and teacher at the end, without noise, on samples that were not trained on.</param>
public sealed record PlantedRun(PlantedTask Task, ulong Seed, IReadOnlyList<DecisionEntry> Decisions, double ExcessLoss)
{
    /// <summary>The score of a rule that may freeze any unit.</summary>
    public CriterionScore Score => CriterionScore.Of(Decisions, Task.Finished);

    /// <summary>The score of a rule that freezes from the input on: it is expected to freeze the longest finished prefix.</summary>
    public CriterionScore PrefixScore => CriterionScore.Of(Decisions, Task.Finished, Task.FinishedPrefix);
}
