using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a change of what is frozen was predicted to make of a step's time, and what it made of it.</summary>
/// <param name="Step">Steps taken when it was made.</param>
/// <param name="Changed">What was frozen, thawed or cut, in words.</param>
/// <param name="Before">Seconds of a step before; NaN: none was measured.</param>
/// <param name="Promised">Seconds of a step predicted: those before, times the ratio of what the roofline says of a step after and before, from full steps' counted work. NaN where one is unknown.</param>
/// <param name="Low">The lower end of the prediction, by the smallest error of earlier predictions of this run, and of those that it was calibrated with; NaN before there are two.</param>
/// <param name="High">The upper end, by the largest error.</param>
/// <param name="Found">Seconds of a step measured since: the median, on a device that works behind the host's back the mean; NaN: none was taken that is like those before.</param>
/// <param name="Steps">Steps taken since, up to the next change.</param>
public sealed record StepSaving(int Step, string Changed, double Before, double Promised, double Low, double High, double Found, int Steps)
{
    /// <summary>Whether the times are those of steps that were repeated as recorded (<see cref="StepGraphs"/>), before and after; else of steps that the code took. Times of the one say nothing about the other.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>The part of a step's time that the change was to save; negative where a thaw costs.</summary>
    public double PromisedPart => 1 - (Promised / Before);

    /// <summary>The part that it saved.</summary>
    public double FoundPart => 1 - (Found / Before);
}
