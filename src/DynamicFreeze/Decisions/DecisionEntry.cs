using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>One change, with the numbers behind it.</summary>
/// <param name="Step">Steps taken when it was decided; it takes effect in the next one.</param>
/// <param name="Unit">The unit's place; −1: all.</param>
/// <param name="Path">The unit's path.</param>
/// <param name="Action">What happened.</param>
/// <param name="Trigger">Who wanted it: <c>rule</c>, <c>rate-drop</c>, <c>regression</c>, <c>timer</c>, <c>probe</c>, <c>guard</c>.</param>
/// <param name="Reason">Why, in words; null or empty: no reason was given.</param>
/// <param name="LearningRate">The schedule's rate for the next step.</param>
/// <param name="Score">The criterion's score, NaN where there is none.</param>
/// <param name="Observation">The unit's last observation, if there is one.</param>
public sealed record DecisionEntry(
    int Step, int Unit, string Path, FreezeAction Action, string Trigger, string? Reason, float LearningRate, double Score, Observation? Observation)
{
    /// <summary>The place of what happened to all units.</summary>
    internal const int All = -1;

    /// <summary>The path of what happened to all units.</summary>
    internal const string AllPath = "(all)";

    /// <summary>Why, in words; null where whoever wanted it gave no reason.</summary>
    public string? Reason { get; init; } = string.IsNullOrWhiteSpace(Reason) ? null : Reason;

    /// <summary>What the unit's rate is multiplied with from now on; null: what it was. Where a rule moves it again and again, the first of these values: <see cref="IDecisionLog.Rates"/> is told of the others.</summary>
    public float? RateScale { get; init; }

    /// <summary>What became of the unit's optimizer state; null: the optimizer's own policy.</summary>
    public OnFreeze? StateAction { get; init; }

    /// <summary>New update masks, one for each of the unit's parameters, null: all of it trains; null: as they were.</summary>
    public IReadOnlyList<UpdateMask?>? UpdateMasks { get; init; }

    /// <summary>What the freeze is expected to cost, in the loss's unit; null: the rule did not say.</summary>
    public double? Price { get; init; }

    /// <summary>In what part of the steps the unit's branches are cut from now on; null: as it was.</summary>
    public double? CutRate { get; init; }

    /// <summary>For a rollback: the step whose weights are back.</summary>
    public int? RestoredStep { get; init; }

    /// <summary>Whether a measurement on validation data led to it: then it is made after the measurement, and not after the step.</summary>
    internal bool IsOfMeasurement => Trigger is "regression" or "guard";

    /// <summary>For example <c>step 300: freeze fc1 (rule): …</c>.</summary>
    public override string ToString() => $"step {Step}: {Action.ToString().ToLowerInvariant()} {Path} ({Trigger}){(Reason is null ? "" : $": {Reason}")}";
}
