namespace ResearchFreeze.Autograd;

/// <summary>What is known of the steps of one key.</summary>
internal sealed class StepEntry(long[] key, int needed) : IDisposable
{
    /// <summary>The key.</summary>
    public long[] Key => key;

    /// <summary>Steps taken as ever since it was first met, or given up.</summary>
    public int Seen { get; set; }

    /// <summary>How many have to be.</summary>
    public int Needed { get; set; } = needed;

    /// <summary>Recordings that were not like the one before.</summary>
    public int Tries { get; set; }

    /// <summary>Recordings that came to nothing since other steps were taken between: in the first step after one of another key, or before another of the same.</summary>
    public int Excuses { get; set; }

    /// <summary>Whether its steps cannot be repeated.</summary>
    public bool IsRefused { get; set; }

    /// <summary>When it was met last.</summary>
    public long LastUse { get; set; }

    /// <summary>Where its steps find their inputs.</summary>
    public StepInputs? Inputs { get; set; }

    /// <summary>The first of two recordings.</summary>
    public StepRecording? Candidate { get; set; }

    /// <summary>The step that is repeated.</summary>
    public RecordedStep? Step { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Step?.Dispose();
        Step = null;
        Inputs?.Dispose();
        Inputs = null;
    }
}
