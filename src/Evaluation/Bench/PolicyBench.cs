using System.Diagnostics;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>Measures what a policy's criterion costs on synthetic data while nothing is frozen, which is when it costs most.</summary>
public static class PolicyBench
{
    private const int Intervals = 3;

    // A bench run has none: a policy that goes by epochs is taken for one of a run of ten.
    private const int Epochs = 10;

    /// <summary>Runs steps for three intervals between checks, or as many as a probe comes after.</summary>
    /// <param name="text">The policy as written.</param>
    /// <param name="policy">The policy; its rule is not asked.</param>
    /// <param name="spec">The model.</param>
    /// <param name="device">Where to.</param>
    /// <param name="batch">Samples a batch.</param>
    /// <param name="runSteps">The length of the run that the policy's settings are made for.</param>
    public static PolicyBenchResult Run(string text, Policy policy, ModelSpec spec, Device device, int batch, int runSteps)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(device);
        if (runSteps < 1) throw new ArgumentOutOfRangeException(nameof(runSteps), $"Bench: a run must have at least 1 step, found {runSteps}.");
        using var training = new BenchTraining(spec, device, batch, frozenUnits: 0);
        FreezeOptions options = policy.Options(runSteps) with { WarmUpSteps = 0, RateDrop = 0, RegressionMargin = 0, EpochSteps = Math.Max(1, runSteps / Epochs) };
        using ProbeBatch? probe = RunUnits.NeedsProbe(policy, options) ? training.Probe() : null;
        using var freeze = new FreezeController(training.Model, training.Optimizer, policy.Criterion, new Never(), options: options, probe: probe);
        int intervals = Math.Max(Intervals, options.ProbeEvery), steps = intervals * options.CheckEvery;
        // The first interval compiles, rents and fills the first states.
        for (int step = 0; step < options.CheckEvery; step++) Step(training, freeze);
        Cost before = Controller(device), trained = Trained(device);
        double controller = 0;
        long start = Stopwatch.GetTimestamp();
        for (int step = 0; step < steps; step++) controller += Step(training, freeze);
        device.Synchronize();
        double total = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return new PolicyBenchResult(text, steps, intervals, options.CheckEvery, total / steps, controller / steps, Per(Trained(device) - trained, steps), Per(Controller(device) - before, steps));
    }

    /// <summary>One step; returns the milliseconds that were the controller's.</summary>
    private static double Step(BenchTraining training, FreezeController freeze)
    {
        using var scope = new Scope();
        training.Backward();
        // Gradient norms are the optimizer's, which measures them in any case.
        training.Optimizer.Prepare();
        // A device that works on its own must have finished, or its backward pass would count as the controller's.
        Device device = training.Model.Parameters().First().Value.Device;
        device.Synchronize();
        long start = Stopwatch.GetTimestamp();
        freeze.BeforeStep();
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        training.Optimizer.Step();
        device.Synchronize();
        start = Stopwatch.GetTimestamp();
        freeze.AfterStep();
        return milliseconds + Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static Cost Controller(Device device) => device.Counters.Of(CostKind.Statistics) + device.Counters.Of(CostKind.Probe);

    private static Cost Trained(Device device) =>
        device.Counters.Of(CostKind.Forward) + device.Counters.Of(CostKind.InputGradient) + device.Counters.Of(CostKind.WeightGradient) + device.Counters.Of(CostKind.Optimizer);

    private static Cost Per(Cost cost, int steps) => new(cost.Launches / steps, cost.Flops / steps, cost.Bytes / steps, cost.BoundSeconds / steps);
}
