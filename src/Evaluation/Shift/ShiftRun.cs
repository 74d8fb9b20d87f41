using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Evaluation;

/// <summary>How a run adapted to a shift.</summary>
/// <param name="Shift">What changed.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Accuracy">On the shifted test images, at the end.</param>
/// <param name="FrozenInFront">Units frozen at the end, from the input on.</param>
/// <param name="Decisions">What was frozen and thawed when.</param>
public sealed record ShiftRun(Shift Shift, ulong Seed, double Accuracy, int FrozenInFront, IReadOnlyList<DecisionEntry> Decisions)
{
    /// <summary>Whether the first unit trains at the end, because it was never frozen or was thawed, or is frozen without harm: the accuracy is no further below that of training everything than the margin.</summary>
    public bool RefusedOrThawed(ShiftRun never, double margin)
    {
        ArgumentNullException.ThrowIfNull(never);
        return FrozenInFront == 0 || Accuracy >= never.Accuracy - margin;
    }
}
