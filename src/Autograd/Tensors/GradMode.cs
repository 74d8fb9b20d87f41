namespace ResearchFreeze.Autograd;

/// <summary>
/// Decides, on this thread, whether operations are recorded and which parameters want gradients. Asked once, when an operation is applied:
/// freezing between forward and backward takes effect at the next forward.
/// </summary>
public static class GradMode
{
    [ThreadStatic]
    private static bool disabled;

    [ThreadStatic]
    private static Func<Parameter, bool>? wants;

    [ThreadStatic]
    private static bool overridden;

    /// <summary>Whether operations are recorded.</summary>
    public static bool IsEnabled => !disabled;

    /// <summary>Whether somebody asks for other gradients than training does: a probe. What draws random numbers is off meanwhile, so that a probe neither sees noise nor moves a stream.</summary>
    public static bool IsOverridden => overridden;

    /// <summary>Whether a parameter's gradient is wanted: by default, if it is not frozen. That of a tensor made a leaf always is.</summary>
    public static bool Wants(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return parameter.IsInput || (wants is null ? !parameter.IsFrozen : wants(parameter));
    }

    /// <summary>Records nothing until the result is disposed: evaluation, reference models.</summary>
    public static Restore Disable()
    {
        var restore = new Restore(disabled, wants, overridden);
        disabled = true;
        return restore;
    }

    /// <summary>Another answer to <see cref="Wants"/> until the result is disposed: a probe step asks for the gradients of frozen units too.</summary>
    public static Restore Override(Func<Parameter, bool> predicate)
    {
        var restore = new Restore(disabled, wants, overridden);
        (wants, overridden) = (predicate, true);
        return restore;
    }

    /// <summary>Records again inside <see cref="Disable"/>, with this answer to <see cref="Wants"/> where it is not null: a part that is run again wants what it wanted at first, and is no probe.</summary>
    internal static Restore Record(Func<Parameter, bool?> predicate)
    {
        var restore = new Restore(disabled, wants, overridden);
        Func<Parameter, bool>? before = wants;
        disabled = false;
        wants = parameter => predicate(parameter) ?? before?.Invoke(parameter) ?? !parameter.IsFrozen;
        return restore;
    }

    /// <summary>Puts the mode back.</summary>
    public readonly ref struct Restore
    {
        private readonly bool wasDisabled;
        private readonly Func<Parameter, bool>? previous;
        private readonly bool wasOverridden;

        internal Restore(bool wasDisabled, Func<Parameter, bool>? previous, bool wasOverridden)
        {
            this.wasDisabled = wasDisabled;
            this.previous = previous;
            this.wasOverridden = wasOverridden;
        }

        /// <summary>Puts the mode back.</summary>
        public void Dispose()
        {
            disabled = wasDisabled;
            wants = previous;
            overridden = wasOverridden;
        }
    }
}
