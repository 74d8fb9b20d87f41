using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Which part of a run (a criterion, a statistic, a rule, a metric, a model) threw an exception, and where. It is noted in the exception where the part is called: the exception keeps its type and its trace for a loop that
/// catches it, and whoever reports it can tell a part's fault from bad input.
/// </summary>
/// <param name="Part">For example <c>criterion 'mine'</c>.</param>
/// <param name="Step">The step that was worked on, from 1; at a check the step after which it was made.</param>
/// <param name="Unit">The unit that was worked on; null: none or all.</param>
public sealed record PartFailure(string Part, int Step, string? Unit)
{
    private const string Key = "ResearchFreeze.PartFailure";

    /// <summary>What is noted in an exception; null: nothing, it is no part's.</summary>
    public static PartFailure? Of(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.Data[Key] as PartFailure;
    }

    /// <summary>For example <c>criterion 'mine' failed at step 40, unit 'fc1'</c>.</summary>
    public override string ToString() => $"{Part} failed at step {Step}{(Unit is null ? "" : $", unit '{Unit}'")}";

    /// <summary>
    /// Notes the part that an exception comes from, unless one that was called within it has been noted. For the filter of a <c>catch</c>, which sees an exception before anything is undone, and lets it pass: it is always false.
    /// </summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="part">Who threw it.</param>
    /// <param name="step">At which step.</param>
    /// <param name="unit">At which unit; null: at none, or at all.</param>
    public static bool Note(Exception exception, string part, int step, string? unit = null)
    {
        ArgumentNullException.ThrowIfNull(exception);
        // That memory, a device or the numbers have come to an end is no part's fault.
        bool isItsOwn = exception is not (OutOfMemoryException or DeviceUnavailableException or NonFiniteException or OperationCanceledException);
        if (isItsOwn && Of(exception) is null) exception.Data[Key] = new PartFailure(part, step, unit);
        return false;
    }
}
