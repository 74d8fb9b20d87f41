using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>A change of what is frozen, in seconds of a step: before it, as predicted, and as measured after it. What is not known is null.</summary>
/// <param name="Step">Steps taken when it was made.</param>
/// <param name="Changed">What was frozen, thawed or cut, in words.</param>
/// <param name="Before">Before it.</param>
/// <param name="Promised">As predicted.</param>
/// <param name="Low">The prediction's lower end, by the errors of earlier ones.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Found">As measured.</param>
/// <param name="Steps">In so many steps.</param>
public sealed record RunStepTime(int Step, string Changed, double? Before, double? Promised, double? Low, double? High, double? Found, int Steps)
{
    /// <summary>A line for people; null: nothing was measured on both sides.</summary>
    public string? Sentence => Before is { } before && Promised is { } promised && Found is { } found
        ? FormattableString.Invariant($"step {Step}, {Changed}: {1e3 * before:0.00} ms a step before, {1e3 * promised:0.00} promised{(Low is { } low && High is { } high ? FormattableString.Invariant($" ({1e3 * low:0.00} to {1e3 * high:0.00})") : "")}, {1e3 * found:0.00} found in {Steps} steps")
        : null;

    /// <summary>Whether they are seconds of steps that were repeated as recorded; null: of steps that the code took.</summary>
    public bool? Repeated { get; init; }

    internal static RunStepTime Of(StepSaving saving) =>
        new(saving.Step, saving.Changed, Finite(saving.Before), Finite(saving.Promised), Finite(saving.Low), Finite(saving.High), Finite(saving.Found), saving.Steps) { Repeated = saving.IsRepeated ? true : null };

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
