using System.Diagnostics;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>A few steps of full training, measured: how long a comparison will take, and what its plan has to know about the task.</summary>
/// <param name="Steps">Steps that were measured.</param>
/// <param name="SecondsAStep">Seconds a step.</param>
/// <param name="ValidationSeconds">Seconds of one validation, by its share of the samples.</param>
/// <param name="TestSeconds">Seconds of the test.</param>
/// <param name="StartSeconds">Seconds until the first step: data and model.</param>
/// <param name="StepsAnEpoch">Steps of an epoch.</param>
/// <param name="TotalSteps">Steps of full training.</param>
/// <param name="Units">Units that can be frozen: the head is not among them.</param>
/// <param name="Primary">The task's primary metric.</param>
/// <param name="HigherIsBetter">Whether more of it is better.</param>
public sealed record ShortRun(int Steps, double SecondsAStep, double ValidationSeconds, double TestSeconds, double StartSeconds, int StepsAnEpoch, int TotalSteps, int Units, string Primary, bool HigherIsBetter)
{
    private const int Most = 20;

    /// <summary>Whether the model has a head, which is never frozen.</summary>
    public bool HasHead { get; init; } = true;

    /// <summary>Whether the task's loss is in nats.</summary>
    public bool LossInNats { get; init; } = true;

    /// <summary>How many static prefixes there are: without a head the last unit must train.</summary>
    public int Prefixes => HasHead ? Units : Math.Max(0, Units - 1);

    /// <summary>Measures full training with these settings.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="catalogues">What their names mean.</param>
    /// <param name="device">Where it runs.</param>
    /// <exception cref="ArgumentException">Something is wrong with the settings.</exception>
    /// <exception cref="IOException">The data cannot be read.</exception>
    public static ShortRun Measure(RunSettings settings, RunCatalogues catalogues, Device device)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var clock = Stopwatch.StartNew();
        int total, epoch;
        using (RunParts full = RunParts.Resolve(settings with { Policy = ControlLengths.Never }, catalogues, device))
        {
            Trainer.CheckPolicy(full);
            (total, epoch) = (full.TotalSteps, full.StepsAnEpoch);
        }
        double start = clock.Elapsed.TotalSeconds;
        // Its own warm-up may be longer than it; what a step takes does not depend on the rate.
        using RunParts parts = RunParts.Resolve(settings with { Policy = ControlLengths.Never, Steps = Math.Min(Most, total), Schedule = "constant", Cache = CacheSpec.Off }, catalogues, device);
        var units = new UnitCount();
        RunResult result = new Trainer(parts, observer: units).Run();
        RunSeconds seconds = result.Seconds;
        int validation = parts.Data.Validation.Count, test = parts.Data.Test.Count;
        double sample = seconds.Evaluation / Math.Max(1, validation + test);
        return new ShortRun(
            parts.TotalSteps, (seconds.Total - seconds.Evaluation) / parts.TotalSteps, sample * validation, sample * test, start, epoch, total, units.Units, parts.Task.Primary.Name, parts.Task.Primary.Better == Better.Higher)
        { HasHead = units.HasHead, LossInNats = parts.Task.IsLossInNats };
    }

    /// <summary>Seconds that a run of so many steps takes if nothing is frozen.</summary>
    public double Seconds(int steps) => StartSeconds + (steps * SecondsAStep) + ((((steps - 1) / StepsAnEpoch) + 1) * ValidationSeconds) + TestSeconds;

    private sealed class UnitCount : IRunObserver
    {
        public int Units { get; private set; }

        public bool HasHead { get; private set; }

        public void Started(RunParts parts, FreezeController freeze) => (Units, HasHead) = (freeze.Units.Count(unit => !unit.IsHead && !unit.IsFrozen), freeze.Units.Any(unit => unit.IsHead));

        public void Logged(MetricRow row)
        {
        }

        public void Stepped(int step, int epoch)
        {
        }
    }
}
