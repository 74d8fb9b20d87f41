namespace ResearchFreeze.Evaluation;

/// <summary>How a run's process has ended.</summary>
/// <param name="Code">Its exit code: 0 done, 1 training failed, 2 bad input, 130 cancelled.</param>
/// <param name="Error">What it last wrote on standard error; empty: nothing.</param>
public sealed record RunEnd(int Code, string Error)
{
    /// <summary>What it has warned of, without the word.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
