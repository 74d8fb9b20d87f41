namespace ResearchFreeze.Training;

/// <summary>Whether a run's steady training steps are recorded and repeated: see <see cref="Autograd.StepGraphs"/>. The result is the same, bit for bit.</summary>
public enum GraphUse
{
    /// <summary>Where the device takes commands that it does later, as GPUs do, and the run's steps can be repeated.</summary>
    Auto,

    /// <summary>Likewise; where they cannot be, that is an error.</summary>
    On,

    /// <summary>Never: every step is taken by the code that says what it does.</summary>
    Off,
}
