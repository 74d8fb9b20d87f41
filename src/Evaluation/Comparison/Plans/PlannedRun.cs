using System.Text.Json.Serialization;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>A run of a comparison, as <c>plan.json</c> holds it.</summary>
public sealed record PlannedRun
{
    // How a policy names the run that it repeats.
    private const string Repeated = "run=";

    /// <summary>Its folder's name below <c>runs</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for.</summary>
    public required RunRole Role { get; init; }

    /// <summary>The policy, or for a policy that names another run what it is.</summary>
    public required string Method { get; init; }

    /// <summary>The part of full training's steps, of a control.</summary>
    public double? Fraction { get; init; }

    /// <summary>The seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The run that must be done before it, since it repeats that run's freezes; null: none.</summary>
    public string? Needs { get; init; }

    /// <summary>The line that makes it, to be pasted into a shell.</summary>
    public required string Command { get; init; }

    /// <summary>Options of <c>freeze train</c> with their values, but for the folder.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>What the run's <c>config.json</c> will say; null: the plan was read from a file.</summary>
    [JsonIgnore]
    public RunSettings? Asked { get; init; }

    /// <summary>
    /// Whether two values of a setting are the same for it. A comparison may have been moved: where the run lies that this one needs is the last setting of its policy, or what it spends, which gives it a length that the plan
    /// does not know.
    /// </summary>
    internal bool IsSame(string name, string own, string other) => own == other
        || (Needs is not null && ((name == TrainLine.Policy && WithoutRun(own) == WithoutRun(other)) || (TrainLine.IsLength(name) && Settings.ContainsKey(TrainLine.SpendSaving))));

    /// <summary>What of its settings another plan's run of its name has otherwise, in words; null: nothing but where the folder lies.</summary>
    internal string? Difference(PlannedRun there)
    {
        foreach (string name in Settings.Keys.Union(there.Settings.Keys))
        {
            string own = Settings.GetValueOrDefault(name, "not given"), others = there.Settings.GetValueOrDefault(name, "not given");
            if (Needs != there.Needs ? own != others : !IsSame(name, own, others)) return $"{name} '{own}', there '{others}'";
        }
        return null;
    }

    /// <summary>The folder that a policy names which repeats another run, as its last setting; null: it names none.</summary>
    internal static string? RepeatedBy(string policy) => policy.IndexOf(Repeated, StringComparison.Ordinal) is >= 0 and var at ? policy[(at + Repeated.Length)..] : null;

    private static string WithoutRun(string policy) => policy.IndexOf(Repeated, StringComparison.Ordinal) is >= 0 and var at ? policy[..at] : policy;

    /// <summary>The arguments that make it in a comparison's folder, wherever that lies now: one that needs another run names its folder.</summary>
    /// <exception cref="ArgumentException">The folder's path cannot stand in a policy.</exception>
    public IReadOnlyList<string> ArgumentsIn(string comparison)
    {
        string at = ComparisonPlan.FolderOf(comparison, this);
        if (Needs is null) return Arguments(at);
        string needed = Path.Combine(comparison, ComparisonPlan.Runs, Needs);
        var settings = new Dictionary<string, string>(Settings, StringComparer.Ordinal);
        if (settings.ContainsKey(TrainLine.SpendSaving)) settings[TrainLine.SpendSaving] = needed;
        else if (settings.TryGetValue(TrainLine.Policy, out string? policy) && RepeatedBy(policy) is not null)
        {
            if (needed.Contains(',', StringComparison.Ordinal)) throw new ArgumentException($"'{comparison}' has a comma, which the policy of '{Name}' cannot hold; give a folder without one.");
            settings[TrainLine.Policy] = $"{WithoutRun(policy)}{Repeated}{needed}";
        }
        return (this with { Settings = settings }).Arguments(at);
    }

    /// <summary>The arguments that make it in a folder.</summary>
    public IReadOnlyList<string> Arguments(string folder) => ["train", .. Settings.SelectMany(setting => setting.Value == TrainLine.Flag ? [setting.Key] : new[] { setting.Key, setting.Value }), "--out", folder];
}
