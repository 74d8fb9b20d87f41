using System.Globalization;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>What somebody wants to be compared.</summary>
/// <param name="Settings">Full training: model, data and recipe; its policy and seed are the plan's.</param>
/// <param name="Methods">Policies.</param>
/// <param name="Seeds">Seeds.</param>
public sealed record ComparisonRequest(RunSettings Settings, IReadOnlyList<string> Methods, IReadOnlyList<ulong> Seeds)
{
    private const int LongestName = 120;
    private const string Shuffled = "shuffled";
    private const string TimelineName = "timeline from other tasks";
    private const string NoControls = "best static prefix, shuffled and other controls: no method has them (--controls-of)";

    /// <summary>Runs at a time.</summary>
    public int Jobs { get; init; } = 1;

    /// <summary>The method that has controls of its own; null: none has.</summary>
    public string? ControlsOf { get; init; }

    /// <summary>Controls from a trained start, where the method with controls is held against them too (<see cref="TrainedStart"/>): those that have been tried.</summary>
    public IReadOnlyList<OtherControl> Others { get; init; } = [];

    /// <summary>Controls that cannot be run here, each with the reason.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>Comparisons of other tasks, by their folders, from which the method's controls have a timeline; empty: there is none.</summary>
    public IReadOnlyList<string> TimelineFrom { get; init; } = [];

    /// <summary>The plan.</summary>
    /// <param name="folder">The comparison's folder, for the command lines.</param>
    /// <param name="measured">What a short run has shown.</param>
    /// <param name="catalogues">The names that a plan may use.</param>
    /// <exception cref="ArgumentException">Something does not fit.</exception>
    public ComparisonPlan Plan(string folder, ShortRun measured, RunCatalogues catalogues)
    {
        ArgumentNullException.ThrowIfNull(measured);
        ArgumentNullException.ThrowIfNull(catalogues);
        if (Jobs < 1) throw new ArgumentException($"A comparison's jobs must be at least 1, found {Jobs}.");
        if (ControlsOf is not null && !Methods.Contains(ControlsOf)) throw new ArgumentException($"--controls-of '{ControlsOf}' must be one of the methods, {string.Join(", ", Methods)}.");
        if (ControlsOf == ControlLengths.Never) throw new ArgumentException($"--controls-of {ControlLengths.Never} has no effect: full training is every method's control, and has none of its own.");
        // Full training is always there.
        string[] methods = [.. Methods.Where(method => method != ControlLengths.Never)];
        if (methods.Length == 0) throw new ArgumentException("A comparison needs at least one method beside full training (never), found none.");
        string? timeline = Timeline(measured.Units);
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var runs = new List<PlannedRun>();
        foreach (ulong seed in Seeds)
        {
            foreach ((string name, RunRole role, RunSettings settings, double? fraction) in One(methods, measured, catalogues)) Add(name, role, settings, fraction, seed, null, role is RunRole.Method or RunRole.Other ? name : null);
            // What they repeat is there when their turn comes: all runs of a seed are made in this order.
            if (!Repeats(folder)) continue;
            PlannedRun repeated = runs.First(run => run.Seed == seed && run.Role == RunRole.Method && run.Method == ControlsOf);
            string at = ComparisonPlan.FolderOf(folder, repeated);
            if (catalogues.Policies.Names.Contains(Shuffled)) Add($"{Shuffled}-{ControlsOf}", RunRole.Other, Settings with { Policy = $"{Shuffled}:run={at}" }, null, seed, repeated.Name, $"{Shuffled} of {ControlsOf}");
            Add($"spent-{ControlsOf}", RunRole.Other, MethodList.With(Settings, ControlsOf!, catalogues), null, seed, repeated.Name, $"{ControlsOf}, saving spent", at);
            if (timeline is not null) Add($"timeline-{ControlsOf}", RunRole.Other, Settings with { Policy = $"{timeline},run={at}" }, null, seed, repeated.Name, TimelineName);
        }
        return new ComparisonPlan
        {
            Methods = methods,
            Seeds = Seeds,
            Jobs = Jobs,
            Steps = measured.TotalSteps,
            Primary = measured.Primary,
            HigherIsBetter = measured.HigherIsBetter,
            LossInNats = measured.LossInNats,
            ControlsOf = ControlsOf,
            NotRun = ControlsOf is null ? [NoControls] : [.. Missing(folder, catalogues, measured)],
            All = runs,
        };

        void Add(string name, RunRole role, RunSettings settings, double? fraction, ulong seed, string? needs, string? label = null, string? spends = null)
        {
            RunSettings asked = settings with { Seed = seed };
            string unique = Unique(names, $"{Plain(name)}-s{seed}"), method = label ?? asked.PolicyText;
            IReadOnlyDictionary<string, string> options = spends is null ? TrainLine.Options(asked) : TrainLine.Spending(TrainLine.Options(asked), spends);
            var run = new PlannedRun { Name = unique, Role = role, Method = method, Fraction = fraction, Seed = seed, Settings = options, Needs = needs, Command = "", Asked = asked };
            runs.Add(run with { Command = $"freeze {TrainLine.Shell(run.Arguments(ComparisonPlan.FolderOf(folder, run)))}" });
        }
    }

    /// <summary>The runs of a seed: the control curve first, then the methods, so that timed runs of one seed lie beside each other.</summary>
    private IEnumerable<(string Name, RunRole Role, RunSettings Settings, double? Fraction)> One(string[] methods, ShortRun measured, RunCatalogues catalogues)
    {
        RunSettings full = Settings with { Policy = ControlLengths.Never };
        string[] schedules = [.. ControlLengths.Schedules];
        bool isControl = schedules.Any(schedule => ControlLengths.Of(full, measured.TotalSteps, schedule, 1) == full);
        // Another schedule, as one-cycle, is full training too, though no point of the curve.
        if (!isControl) yield return (ControlLengths.Never, RunRole.Method, full, 1);
        foreach (string schedule in schedules)
        {
            foreach (double fraction in ControlLengths.Fractions)
            {
                RunSettings control = ControlLengths.Of(full, measured.TotalSteps, schedule, fraction);
                // Of one or two steps a part may have as many as the whole.
                yield return (control == full && fraction == 1 ? ControlLengths.Never : FormattableString.Invariant($"full-{schedule}-{fraction}"), RunRole.Control, control, fraction);
            }
        }
        foreach (string method in methods) yield return (method, RunRole.Method, MethodList.With(Settings, method, catalogues), null);
        if (ControlsOf is null) yield break;
        // One that is compared as a method is not run twice.
        for (int units = 1; units <= measured.Prefixes; units++)
        {
            string prefix = $"static:{units}";
            if (!methods.Contains(prefix)) yield return (prefix, RunRole.Prefix, Settings with { Policy = prefix }, null);
        }
        foreach (OtherControl other in Others.Where(other => !methods.Contains(other.Name))) yield return (other.Name, RunRole.Other, other.Settings, null);
    }

    /// <summary>Whether a policy can name a run of the method: a setting holds no comma.</summary>
    private bool Repeats(string folder) => ControlsOf is not null && !folder.Contains(',', StringComparison.Ordinal);

    /// <summary>The policy that freezes when the method did on other tasks; null: none are given.</summary>
    private string? Timeline(int units)
    {
        if (TimelineFrom.Count == 0) return null;
        if (ControlsOf is null) throw new ArgumentException("--timeline-from has no effect: no method has controls (--controls-of).");
        if (units == 0) throw new ArgumentException("--timeline-from has no effect: the model has no unit beside its head.");
        IReadOnlyList<double> times = TaskTimeline.Of(TimelineFrom, ControlsOf, Settings, units);
        return $"timeline:at={string.Join('/', times.Select(time => time.ToString("0.####", CultureInfo.InvariantCulture)))}";
    }

    private IEnumerable<string> Missing(string folder, RunCatalogues catalogues, ShortRun measured)
    {
        if (measured.Prefixes == 0) yield return $"best static prefix: the model has {(measured.HasHead ? "no unit beside its head" : "one unit, which must train")}";
        if (!Repeats(folder)) yield return $"{Shuffled}, the saving spent on more steps{(TimelineFrom.Count > 0 ? $", {TimelineName}" : "")}: '{folder}' has a comma, which a policy's setting cannot hold; give a folder without one";
        else if (!catalogues.Policies.Names.Contains(Shuffled)) yield return $"{Shuffled} (as many units at the same times, drawn at random): there is no such policy";
        foreach (string reason in LeftOut) yield return reason;
        if (TimelineFrom.Count == 0) yield return $"{TimelineName}: no comparison of another task is given (--timeline-from)";
        if (Others.Count == 0 && LeftOut.Count == 0) yield return "head only, LP-FT, LoRA: full training has no trained start (--from, or a pretrained model's folder)";
    }

    /// <summary>What a folder can be called everywhere: a path in a setting may be longer than a file system takes, and a setting holds no comma, as the shuffled run's has the folder that it repeats.</summary>
    private static string Plain(string name) => string.Concat(name.Take(LongestName).Select(c => char.IsAsciiLetterOrDigit(c) || "-_.=+".Contains(c, StringComparison.Ordinal) ? c : '-'));

    private static string Unique(HashSet<string> names, string wanted)
    {
        string name = wanted;
        for (int number = 2; !names.Add(name); number++) name = $"{wanted}-{number}";
        return name;
    }
}
