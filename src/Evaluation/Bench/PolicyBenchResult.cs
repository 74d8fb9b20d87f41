using ResearchFreeze.Autograd;

namespace ResearchFreeze.Evaluation;

/// <summary>What a policy's looking costs, averaged over the steps between checks and the checks.</summary>
/// <param name="Policy">The policy as written.</param>
/// <param name="Steps">Steps timed.</param>
/// <param name="Checks">Checks among them.</param>
/// <param name="CheckEvery">Steps between checks.</param>
/// <param name="StepMilliseconds">A whole step, controller included.</param>
/// <param name="ControllerMilliseconds">The controller's part of it: statistics, checks, books.</param>
/// <param name="Step">A training step's cost, without the controller's.</param>
/// <param name="Controller">The cost of statistics and probes a step.</param>
public sealed record PolicyBenchResult(string Policy, int Steps, int Checks, int CheckEvery, double StepMilliseconds, double ControllerMilliseconds, Cost Step, Cost Controller)
{
    /// <summary>The share of the step's time.</summary>
    public double TimeShare => ControllerMilliseconds / StepMilliseconds;

    /// <summary>The controller's operations over the step's.</summary>
    public double FlopsShare => Step.Flops == 0 ? 0 : Controller.Flops / (double)Step.Flops;

    /// <summary>The controller's bytes over the step's.</summary>
    public double BytesShare => Step.Bytes == 0 ? 0 : Controller.Bytes / (double)Step.Bytes;

    /// <summary>The controller's least time over the step's.</summary>
    public double BoundShare => Step.BoundSeconds > 0 ? Controller.BoundSeconds / Step.BoundSeconds : double.NaN;
}
