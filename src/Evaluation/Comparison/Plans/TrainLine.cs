using System.Globalization;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>Settings as options of <c>freeze train</c>.</summary>
public static class TrainLine
{
    /// <summary>The value of an option that has none.</summary>
    public const string Flag = "yes";

    internal const string Policy = "--policy";

    /// <summary>In place of a length: the run whose saving is spent.</summary>
    internal const string SpendSaving = "--spend-saving";

    private const string Steps = "--steps";
    private const string Epochs = "--epochs";

    /// <summary>The options of a run that is as long as another's saving allows.</summary>
    internal static IReadOnlyDictionary<string, string> Spending(IReadOnlyDictionary<string, string> options, string run) =>
        options.Where(option => option.Key is not (Steps or Epochs)).Append(new KeyValuePair<string, string>(SpendSaving, run)).ToDictionary(StringComparer.Ordinal);

    /// <summary>Whether an option says how long a run is.</summary>
    internal static bool IsLength(string name) => name is Steps or Epochs or SpendSaving;

    /// <summary>The options that make a run of these settings, whatever the recipes of the version that reads them.</summary>
    public static IReadOnlyDictionary<string, string> Options(RunSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var usual = new RunSettings();
        var options = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["--model"] = settings.Model,
            ["--data"] = settings.Data,
        };
        Add("--task", settings.Task, null);
        Add("--augment", settings.Augment, usual.Augment);
        Add("--units", settings.Units, usual.Units);
        Add("--from", settings.From, null);
        Add("--from-layout", settings.FromLayout, null);
        if (settings.FromStrict) options["--from-strict"] = Flag;
        Add("--reset", settings.Reset, null);
        Add(Policy, settings.Policy, null);
        Add("--criterion", settings.Criterion, null);
        Add("--rule", settings.Rule, null);
        Add("--control", settings.Control, null);
        if (settings.Steps is { } steps) options[Steps] = Text(steps);
        else options[Epochs] = Text(settings.Epochs);
        options["--batch"] = Text(settings.BatchSize);
        if (settings.WeightAverage is { } kept) options["--ema"] = Text(kept);
        if (settings.Accumulate != usual.Accumulate) options["--accumulate"] = Text(settings.Accumulate);
        options["--optimizer"] = settings.Optimizer;
        options["--lr"] = Text(settings.LearningRate);
        options["--schedule"] = settings.Schedule;
        options["--seed"] = Text(settings.Seed);
        options["--device"] = settings.Device;
        if (settings.Threads != usual.Threads) options["--threads"] = Text(settings.Threads);
        Add("--precision", settings.Precision, usual.Precision);
        Add("--activations", settings.Activations, usual.Activations);
        Add("--frozen-weights", settings.FrozenWeights, usual.FrozenWeights);
        Add("--cache", settings.Cache, usual.Cache);
        Add("--metrics", settings.Metrics, usual.Metrics);
        Add("--checkpoint-every", settings.CheckpointEvery, usual.CheckpointEvery);
        Add("--keep-checkpoints", settings.KeepCheckpoints, usual.KeepCheckpoints);
        return options;

        void Add(string name, string? value, string? otherwise)
        {
            if (value is not null && value != otherwise) options[name] = value;
        }
    }

    /// <summary>A command line for a POSIX shell: what has more than plain characters stands in single quotes.</summary>
    public static string Shell(IEnumerable<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return string.Join(' ', arguments.Select(argument => argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,+@%".Contains(c, StringComparison.Ordinal)) ? argument : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
