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
}
