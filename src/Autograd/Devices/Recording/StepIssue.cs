namespace ResearchFreeze.Autograd;

/// <summary>Gives a recorded step's commands to the device, one by one: each with its arguments as they were.</summary>
internal class StepIssue(StepRecording recording) : IDisposable
{
    /// <summary>How many calls of the driver's a repetition takes, but for its inputs and numbers.</summary>
    public virtual int Commands => recording.Launches.Count;

    /// <summary>Whether what it is made of must stay until the device has done with it.</summary>
    public virtual bool MustBeDone => false;

    /// <summary>Issues all of them.</summary>
    public virtual void Issue()
    {
        for (int i = 0; i < recording.Launches.Count; i++) recording.Launches[i].Issue();
    }

    /// <summary>Releases what the device made for it.</summary>
    public virtual void Dispose()
    {
    }
}
