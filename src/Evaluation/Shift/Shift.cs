namespace ResearchFreeze.Evaluation;

/// <summary>What changes between the images that a network was made on and those that it is adapted to.</summary>
public enum Shift
{
    /// <summary>Light is dark: what the first layer looks for is not there any more.</summary>
    Inverted,

    /// <summary>The mean over 7×7 pixels, twice: fine strokes are gone.</summary>
    Blurred,

    /// <summary>Made on the first half of the classes, adapted to the second, with a new head.</summary>
    NewClasses,

    /// <summary>Each class has another's label: only the head must move.</summary>
    PermutedLabels,
}
