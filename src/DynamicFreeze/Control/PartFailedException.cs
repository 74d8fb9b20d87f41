using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Code that a run was given (a criterion, a statistic, a rule, a metric, a model) has thrown while it trained. Whatever it threw, it is no fault of the run's input.</summary>
public sealed class PartFailedException : Exception
{
    /// <summary>Names the part and the place.</summary>
    /// <param name="part">For example <c>criterion 'mine'</c>.</param>
    /// <param name="step">The step that was worked on, from 1; at a check the step after which it was made.</param>
    /// <param name="unit">The unit that was worked on; null: none or all.</param>
    /// <param name="inner">What was thrown.</param>
    public PartFailedException(string part, int step, string? unit, Exception inner)
        : base($"{part} failed at step {step}{(unit is null ? "" : $", unit '{unit}'")}: {(inner ?? throw new ArgumentNullException(nameof(inner))).GetType().Name}: {inner.Message}", inner)
    {
        Part = part;
        Step = step;
        Unit = unit;
    }

    /// <summary>The part.</summary>
    public string Part { get; }

    /// <summary>The step.</summary>
    public int Step { get; }

    /// <summary>The unit; null: none or all.</summary>
    public string? Unit { get; }

    /// <summary>Whether an exception is a part's own fault and does not say so yet. That memory or a device has come to its end is nobody's.</summary>
    public static bool IsPartsOwn(Exception exception, Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return exception is not (PartFailedException or OutOfMemoryException or DeviceUnavailableException) && device.FailureOf(exception) is null;
    }
}
