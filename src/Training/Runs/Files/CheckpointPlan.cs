using System.Globalization;

namespace ResearchFreeze.Training;

/// <summary>When checkpoints are written, and how many are kept.</summary>
/// <param name="Steps">Every so many steps; 0: not by steps.</param>
/// <param name="Seconds">Every so many seconds; 0: not by time.</param>
/// <param name="Keep">How many of the newest are kept.</param>
public sealed record CheckpointPlan(int Steps, double Seconds, int Keep)
{
    /// <summary>The default of <see cref="RunSettings.CheckpointEvery"/>.</summary>
    public const string DefaultEvery = "60s";

    /// <summary>The default of <see cref="RunSettings.KeepCheckpoints"/>.</summary>
    public const string DefaultKeep = "2";

    private const string Never = "never";
    private const string At = "at:";
    private const string All = "all";

    /// <summary>The steps after which they are written; empty: none are named.</summary>
    public IReadOnlySet<int> NamedSteps { get; init; } = new HashSet<int>();

    /// <summary>Whether a setting names the steps, which are one run's.</summary>
    public static bool IsNamed(string every) => every.StartsWith(At, StringComparison.Ordinal);

    /// <summary>The setting that names steps.</summary>
    public static string Named(IEnumerable<int> steps) => At + string.Join('+', steps.Select(step => step.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Reads both settings.</summary>
    /// <param name="every"><c>500</c> steps, <c>60s</c>, <c>at:120+300</c> the steps themselves, or <c>never</c>.</param>
    /// <param name="keep">A number from 1, or <c>all</c>.</param>
    /// <exception cref="ArgumentException">One of them is none.</exception>
    public static CheckpointPlan Parse(string every, string keep)
    {
        ArgumentNullException.ThrowIfNull(every);
        ArgumentNullException.ThrowIfNull(keep);
        int kept = keep == All ? int.MaxValue
            : int.TryParse(keep, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count >= 1 ? count : throw new ArgumentException($"--keep-checkpoints must be a number from 1, or {All}, found '{keep}'.");
        if (every == Never) return new CheckpointPlan(0, 0, kept);
        if (IsNamed(every) && every[At.Length..].Split('+') is var names && Array.TrueForAll(names, name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int one) && one >= 1))
            return new CheckpointPlan(0, 0, kept) { NamedSteps = names.Select(name => int.Parse(name, CultureInfo.InvariantCulture)).ToHashSet() };
        if (every.EndsWith('s') && double.TryParse(every[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds is > 0 and < 1e9) return new CheckpointPlan(0, seconds, kept);
        if (int.TryParse(every, NumberStyles.None, CultureInfo.InvariantCulture, out int steps) && steps >= 1) return new CheckpointPlan(steps, 0, kept);
        throw new ArgumentException($"--checkpoint-every must be a number of steps, as 500, or of seconds, as {DefaultEvery}, {At}120+300, or {Never}, found '{every}'.");
    }
}
