using ILGPU.Runtime;

namespace ResearchFreeze.Autograd;

/// <summary>A recorded step as one graph of the driver's.</summary>
internal sealed class GraphIssue : StepIssue
{
    private readonly IGraphDriver driver;
    private readonly AcceleratorStream stream;
    private readonly nint graph;

    private GraphIssue(IGraphDriver driver, AcceleratorStream stream, StepRecording recording, nint graph)
        : base(recording) => (this.driver, this.stream, this.graph) = (driver, stream, graph);

    /// <inheritdoc/>
    public override int Commands => 1;

    /// <inheritdoc/>
    public override bool MustBeDone => true;

    /// <summary>Makes the graph; null, and a line about why: the driver refused, and commands are issued one by one.</summary>
    public static GraphIssue? Of(IGraphDriver driver, AcceleratorStream stream, StepRecording recording, Action<string> say)
    {
        try
        {
            nint graph = driver.Make(stream, () =>
            {
                foreach (RecordedLaunch launch in recording.Launches) launch.Issue();
            });
            return new GraphIssue(driver, stream, recording, graph);
        }
        catch (GraphException refused)
        {
            say($"no graph is made of recorded steps, whose commands are issued one by one: {refused.Message}");
            return null;
        }
    }

    /// <inheritdoc/>
    public override void Issue() => driver.Launch(graph, stream);

    /// <inheritdoc/>
    public override void Dispose() => driver.Destroy(graph);
}
