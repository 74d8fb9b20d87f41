using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;

namespace ResearchFreeze.Autograd;

// Recorded steps: every launch and copy goes through here or through the launchers, which note it.
public sealed partial class GpuDevice
{
    // Work space that recorded steps were given, and that has become too small since.
    private readonly List<GpuStorage> retired = [];

    /// <inheritdoc/>
    internal override string? WhyNotRecorded => cuBlas is null ? null : $"{Name} computes products by cuBLAS, whose launches are not recorded";

    /// <summary>Makes graphs of recorded steps; null: there are none, as on OpenCL, and commands are issued one by one. Set by tests.</summary>
    internal IGraphDriver? GraphDriver { get; set; }

    /// <inheritdoc/>
    internal override void SendUncounted(ReadOnlySpan<int> words, TensorRange y) => Uploads.Send(new HostWords(MemoryMarshal.Cast<int, float>(words)), Reals(y));

    /// <inheritdoc/>
    internal override void CountAgain(StepRecording recording) => Kernels.Count(recording.Kernels);

    /// <inheritdoc/>
    internal override StepIssue Prepare(StepRecording recording, Action<string> say)
    {
        accelerator.Bind();
        return GraphDriver is { } driver ? GraphIssue.Of(driver, stream, recording, say) ?? new StepIssue(recording) : new StepIssue(recording);
    }

    /// <inheritdoc/>
    internal override double[] TimeCommands(StepRecording recording)
    {
        accelerator.Bind();
        // A marker behind each command: a command's time is from one to the next. All are given at once, so that the host is ahead as far as it can be.
        var markers = new ProfilingMarker[recording.Launches.Count + 1];
        Synchronize();
        markers[0] = stream.AddProfilingMarker();
        for (int i = 0; i < recording.Launches.Count; i++)
        {
            recording.Launches[i].Issue();
            markers[i + 1] = stream.AddProfilingMarker();
        }
        Synchronize();
        var seconds = new double[recording.Launches.Count];
        for (int i = 0; i < seconds.Length; i++) seconds[i] = markers[i + 1].MeasureFrom(markers[i]).TotalSeconds;
        foreach (ProfilingMarker marker in markers) marker.Dispose();
        return seconds;
    }

    private void Copy(ArrayView<float> from, ArrayView<float> to)
    {
        from.CopyTo(stream, to);
        if (Recorder is { Failure: null } recorder) recorder.Add(new GpuCopy(stream, from, to));
    }

    /// <summary>Work space is no longer handed out: freed at once, or with the recorded steps that may use it.</summary>
    private void Retire(GpuStorage? old)
    {
        if (old is null) return;
        if (Graphs.Count > 0) retired.Add(old);
        else old.Free();
    }
}
