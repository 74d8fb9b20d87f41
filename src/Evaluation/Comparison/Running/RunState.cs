namespace ResearchFreeze.Evaluation;

/// <summary>How far a run of a comparison is.</summary>
public enum RunState
{
    /// <summary>It has not begun.</summary>
    Missing,

    /// <summary>It was stopped or killed, or is still at it.</summary>
    Unfinished,

    /// <summary>It is done.</summary>
    Done,

    /// <summary>Training failed: it would fail again.</summary>
    Failed,

    /// <summary>A file of its folder is damaged or missing, or is a run's of other settings.</summary>
    Damaged,
}
