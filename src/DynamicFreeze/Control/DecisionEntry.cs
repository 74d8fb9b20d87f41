namespace ResearchFreeze.DynamicFreeze;

/// <summary>What happened to a unit.</summary>
public enum FreezeAction
{
    /// <summary>It was frozen.</summary>
    Freeze,

    /// <summary>It was thawed.</summary>
    Thaw,

    /// <summary>The rule asked for something that the controller does not allow.</summary>
    Refuse,
}

/// <summary>One change, with the numbers behind it.</summary>
/// <param name="Step">Steps taken when it was decided; it takes effect in the next one.</param>
/// <param name="Unit">The unit's place.</param>
/// <param name="Path">The unit's path.</param>
/// <param name="Action">What happened.</param>
/// <param name="Trigger">Who wanted it: <c>rule</c>, <c>rate-drop</c>, <c>regression</c>.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="LearningRate">The schedule's rate for the next step.</param>
/// <param name="Score">The criterion's score, NaN where there is none.</param>
/// <param name="Observation">The unit's last observation, if there is one.</param>
public sealed record DecisionEntry(
    int Step, int Unit, string Path, FreezeAction Action, string Trigger, string Reason, float LearningRate, double Score, Observation? Observation)
{
    /// <summary>For example <c>step 300: freeze fc1 (rule): …</c>.</summary>
    public override string ToString() => $"step {Step}: {Action.ToString().ToLowerInvariant()} {Path} ({Trigger}): {Reason}";
}

/// <summary>Receives decisions as they are made.</summary>
public interface IDecisionLog
{
    /// <summary>Called once, with the run's division.</summary>
    void Begin(string criterion, string rule, FreezeOptions options, IReadOnlyList<FreezeUnit> units);

    /// <summary>Called for every change.</summary>
    void Write(DecisionEntry entry);
}
