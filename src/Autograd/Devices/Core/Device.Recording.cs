namespace ResearchFreeze.Autograd;

// What StepGraphs needs of a device. A device whose primitives return when they are done has nothing to win by it.
public abstract partial class Device
{
    /// <summary>Why steps cannot be recorded on this device; null: they can.</summary>
    internal virtual string? WhyNotRecorded => $"{Name} has done a command when it returns: there is nothing to record";

    /// <summary>What repeats a recorded step with the least work of the host.</summary>
    /// <param name="recording">The step.</param>
    /// <param name="say">Told, in one line, of what could not be had.</param>
    internal virtual StepIssue Prepare(StepRecording recording, Action<string> say) => throw new NotSupportedException(WhyNotRecorded);

    /// <summary>Writes words that no ledger counts, in order with the work.</summary>
    internal virtual void SendUncounted(ReadOnlySpan<int> words, TensorRange y) => throw new NotSupportedException(WhyNotRecorded);

    /// <summary>Counts the launches of a recorded step's kernels.</summary>
    internal virtual void CountAgain(StepRecording recording) => throw new NotSupportedException(WhyNotRecorded);

    /// <summary>Gives a recorded step's commands to the device once more and takes the device's seconds for each.</summary>
    internal virtual double[] TimeCommands(StepRecording recording) => throw new NotSupportedException(WhyNotRecorded);

    /// <summary>A copy that no ledger counts.</summary>
    internal void CopyUncounted(TensorRange x, TensorRange y) => CopyCore(x, y);

    /// <summary>Those who hold recorded steps: memory that is short is taken from them first.</summary>
    internal List<StepGraphs> Graphs { get; } = [];
}
