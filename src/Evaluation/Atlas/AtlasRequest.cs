using System.Globalization;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>What an atlas is asked for.</summary>
/// <param name="Run">The folder of a finished run that froze nothing.</param>
public sealed record AtlasRequest(string Run)
{
    /// <summary>Steps of the grid where none are named.</summary>
    public const int DefaultSteps = 8;

    /// <summary><see cref="AtlasPlan.Prefixes"/> or <see cref="AtlasPlan.Each"/>.</summary>
    public string Kind { get; init; } = AtlasPlan.Prefixes;

    /// <summary>How many steps, evenly spaced behind the warm-up (<c>8</c>), or the steps themselves (<c>40,80,160</c>).</summary>
    public string Steps { get; init; } = DefaultSteps.ToString(CultureInfo.InvariantCulture);

    /// <summary>The part of the run before the first step of a grid that is spaced evenly.</summary>
    public double WarmUp { get; init; } = 0.1;

    /// <summary>Checks along full training, at which the statistics are read.</summary>
    public double Checks { get; init; } = 40;

    /// <summary>Runs at a time.</summary>
    public int Jobs { get; init; } = 1;

    /// <summary>The settings of the atlas's own full training: the run's, with all criteria's statistics and a checkpoint at each step of the grid.</summary>
    public RunSettings Source(RunSettings run, IEnumerable<int> at)
    {
        ArgumentNullException.ThrowIfNull(run);
        int threads = Jobs == 1 || run.Threads != 0 || run.Device is not ("cpu" or "auto") ? run.Threads : Math.Max(1, Environment.ProcessorCount / Jobs);
        int[] kept = [.. at.Where(step => step > 0)];
        return run with
        {
            Policy = null,
            Criterion = RunCatalogues.AllScoresName,
            Rule = "never",
            Control = string.Create(CultureInfo.InvariantCulture, $"checks={Checks}"),
            Replay = null,
            Fork = null,
            Calibration = null,
            Log = null,
            Threads = threads,
            CheckpointEvery = kept.Length == 0 ? CheckpointPlan.DefaultEvery : CheckpointPlan.Named(kept),
            KeepCheckpoints = kept.Length == 0 ? CheckpointPlan.DefaultKeep : "all",
        };
    }

    /// <summary>The plan, and the settings of the atlas's full training. Everything that can be wrong is found here; nothing is written.</summary>
    /// <param name="parts">The parts of <see cref="Source"/> without steps.</param>
    /// <exception cref="ArgumentException">The run froze something, or is not finished, or the grid does not fit it.</exception>
    public AtlasPlan Plan(RunParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        RunSettings settings = parts.Settings;
        FreezeUnit[] units = [.. FreezeUnit.Of(parts.Model, RunUnits.Of(parts))];
        int first = Array.FindIndex(units, unit => unit.IsHead);
        int[] targets = Kind switch
        {
            AtlasPlan.Prefixes => [.. Enumerable.Range(0, Math.Min(first < 0 ? int.MaxValue : first, units.Length - 1))],
            AtlasPlan.Each => [.. Enumerable.Range(0, units.Length).Where(unit => !units[unit].IsHead && units.Length > 1)],
            _ => throw new ArgumentException($"--units must be {AtlasPlan.Prefixes} or {AtlasPlan.Each}, found '{Kind}'."),
        };
        if (targets.Length == 0) throw new ArgumentException($"an atlas of '{Run}' would be empty: of its units ({string.Join(", ", units.Select(unit => unit.Path))}) none can be frozen.");
        return new AtlasPlan
        {
            Run = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Run))),
            Model = settings.Model,
            Data = settings.Data,
            Seed = settings.Seed,
            Optimizer = settings.Optimizer,
            LearningRate = settings.LearningRate,
            Schedule = settings.Schedule,
            Batch = settings.BatchSize,
            Steps = parts.TotalSteps,
            Primary = parts.Task.Primary.Name,
            Checks = Checks,
            Kind = Kind,
            Units = [.. units.Select(unit => unit.Path)],
            Targets = targets,
            At = Grid(parts.TotalSteps),
        };
    }

    /// <summary>Checks that the run is a finished full training.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    /// <exception cref="IOException">There is no run.</exception>
    public RunSettings CheckedRun()
    {
        if (ResumedRun.Finished(Run) is null) throw new ArgumentException($"'{Run}' is not finished; freeze train --resume goes on with it.");
        DecisionEntry? freeze = DecisionRecord.Read(Path.Combine(Run, "decisions.jsonl")).Entries.FirstOrDefault(entry => entry.Action == FreezeAction.Freeze);
        if (freeze is not null) throw new ArgumentException($"'{Run}' freezes '{freeze.Path}' at step {freeze.Step}: an atlas is made from full training, freeze train --policy never.");
        return RunFolder.ReadConfig(Run);
    }

    private int[] Grid(int steps)
    {
        string[] words = Steps.Split(',');
        int[] numbers = [.. words.Select(word => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : throw new ArgumentException($"--steps must be a number of steps, as {DefaultSteps}, or the steps, as 40,80,160, found '{Steps}'."))];
        if (numbers.Length > 1)
        {
            if (numbers.Zip(numbers.Skip(1)).Any(pair => pair.First >= pair.Second) || numbers[^1] >= steps) throw new ArgumentException($"--steps must ascend, and be in [0, {steps - 1}], found '{Steps}'.");
            return numbers;
        }
        if (numbers[0] is < 1 or > 1000) throw new ArgumentException($"--steps must be between 1 and 1000 where it is a number of steps, found {numbers[0]}.");
        if (WarmUp is not (>= 0 and < 1)) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"--warm-up must be in [0, 1), found {WarmUp}."));
        // At checks, so that a score belongs to its step.
        int every = FreezeOptions.ForRun(steps, Checks).CheckEvery;
        int[] grid = [.. Enumerable.Range(0, numbers[0]).Select(i => steps * (WarmUp + ((1 - WarmUp) * i / numbers[0]))).Select(step => Math.Max(every, (int)Math.Round(step / every) * every)).Where(step => step < steps).Distinct()];
        return grid.Length == numbers[0] ? grid : throw new ArgumentException($"{numbers[0]} steps are more than the run's {steps} steps have checks for: there is one every {every} steps.");
    }
}
