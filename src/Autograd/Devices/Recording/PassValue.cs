namespace ResearchFreeze.Autograd;

/// <summary>The number of a dropout's pass.</summary>
/// <param name="counter">Who counts.</param>
/// <param name="ahead">How many of its passes the step has had before this one.</param>
internal sealed class PassValue(IPassCounter counter, long ahead) : StepValue
{
    /// <inheritdoc/>
    public override void Write(Span<int> words)
    {
        ulong pass = (ulong)(counter.Passes + ahead);
        (words[0], words[1], words[2]) = ((int)(uint)pass, (int)(uint)(pass >> 32), 0);
    }

    /// <inheritdoc/>
    public override bool IsSame(StepValue other) => other is PassValue value && ReferenceEquals(value.Counter, counter) && value.Ahead == ahead;

    private IPassCounter Counter => counter;

    private long Ahead => ahead;
}
