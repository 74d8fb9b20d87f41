namespace ResearchFreeze.Training;

/// <summary>Seconds of a run by what they were spent on. On a device that works behind the host's back, they are the host's.</summary>
/// <param name="Total">The run.</param>
/// <param name="Forward">Forward passes.</param>
/// <param name="Backward">Backward passes.</param>
/// <param name="Optimizer">Updates.</param>
/// <param name="Controller">Statistics and decisions.</param>
/// <param name="Data">Waiting for batches and uploading them.</param>
/// <param name="Evaluation">Validation and test.</param>
public sealed record RunSeconds(double Total, double Forward, double Backward, double Optimizer, double Controller, double Data, double Evaluation)
{
    /// <summary>Waiting for other ranks, behind the backward pass; 0 where there are none.</summary>
    public double Communication { get; init; }

    /// <summary>Whole steps that were repeated as recorded: forward and backward pass, statistics and update together, since the device is given them at once; 0 where there were none.</summary>
    public double Repeated { get; init; }
}
