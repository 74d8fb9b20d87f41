using ResearchFreeze.Autograd;

namespace ResearchFreeze.Training;

/// <summary>What recording of steps did in a run, from where this process began it: see <see cref="StepGraphs"/>.</summary>
/// <param name="Replays">Steps that were repeated as recorded.</param>
/// <param name="Plain">Steps that were taken by the code, those that were recorded too among them.</param>
/// <param name="Captures">Recorded steps that could be repeated.</param>
/// <param name="Evictions">How many of those were given up.</param>
/// <param name="HeldBytes">Bytes of device memory that were kept for them at the end of training.</param>
/// <param name="CaptureSeconds">The host's seconds for recording, beside the steps themselves.</param>
public sealed record RunGraphs(long Replays, long Plain, long Captures, long Evictions, long HeldBytes, double CaptureSeconds)
{
    /// <summary>Of <see cref="Plain"/>, steps that were recorded: two for each capture where all is well.</summary>
    public long Recordings { get; init; }

    /// <summary>Why steps were taken by the code that were to be repeated, each reason once; null: nothing was refused.</summary>
    public IReadOnlyList<string>? Refusals { get; init; }

    internal static RunGraphs Of(StepGraphs graphs) =>
        new(graphs.Replays, graphs.Plain + graphs.Recordings, graphs.Captures, graphs.Evictions, graphs.HeldBytes, graphs.CaptureSeconds) { Recordings = graphs.Recordings, Refusals = graphs.Refusals.Count == 0 ? null : [.. graphs.Refusals] };

    /// <summary>Of a run of which no step could have been repeated.</summary>
    internal static RunGraphs None(long steps, string reason) => new(0, steps, 0, 0, 0, 0) { Refusals = [reason] };
}
