namespace ResearchFreeze.Training;

/// <summary>Which of a run's weights.</summary>
public enum RunWeights
{
    /// <summary>Those after the last step: what a run's test numbers are of.</summary>
    Last,

    /// <summary>Those that were best on validation data.</summary>
    Best,
}
