namespace ResearchFreeze.Autograd;

/// <summary>A step that can be repeated.</summary>
internal sealed class RecordedStep(Device device, StepMemory memory, StepRecording recording, StepInputs inputs, StepIssue issue, TensorRange result, Shape shape) : IDisposable
{
    private readonly int length = result.Storage.Length;
    private readonly MemoryKind kind = result.Storage.MemoryKind;

    /// <summary>Calls of the driver's in a repetition.</summary>
    public int Commands => issue.Commands;

    /// <summary>Whether the device must have done with it before it goes.</summary>
    public bool MustBeDone => issue.MustBeDone;

    /// <summary>Commands whose arguments are prepared.</summary>
    public int Prepared => recording.Launches.Count(launch => launch.IsPrepared);

    /// <summary>Whether all memory that it found is still there.</summary>
    public bool IsIntact => recording.IsIntact();

    /// <summary>Whether it works in a storage.</summary>
    public bool Uses(Storage storage) => recording.Rented.Contains(storage);

    /// <summary>Takes the step with another batch and gives its result.</summary>
    public Tensor Replay(IReadOnlyList<TensorBase> given)
    {
        using HeldCall call = device.Hold();
        recording.Check(given);
        recording.Begin();
        inputs.Copy(given);
        recording.Values.Send();
        issue.Issue();
        recording.Advance();
        device.CountAgain(recording);
        Storage storage = result.Storage;
        memory.Take(storage);
        (storage.Length, storage.MemoryKind) = (length, kind);
        storage.AddReference();
        device.Counters.Rented(storage);
        return new Tensor(result, shape, scoped: false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        issue.Dispose();
        recording.Dispose();
        memory.Leave(recording.Rented);
    }
}
