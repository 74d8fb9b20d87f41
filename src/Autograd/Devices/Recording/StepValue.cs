namespace ResearchFreeze.Autograd;

/// <summary>A number of a step that changes from one to the next, and lies in device memory for that: three words.</summary>
internal abstract class StepValue
{
    public const int Words = 3;

    /// <summary>Writes what it is in the step that comes next.</summary>
    public abstract void Write(Span<int> words);

    /// <summary>Whether another step's value is found in the same way.</summary>
    public abstract bool IsSame(StepValue other);
}
