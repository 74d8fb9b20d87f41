using System.Globalization;
using ResearchFreeze.Data;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>Full training of several lengths, each with a schedule that ends with it: what a method has to be compared with.</summary>
public static class ControlLengths
{
    /// <summary>Parts of full training.</summary>
    public static IReadOnlyList<double> Fractions { get; } = [0.3, 0.45, 0.6, 0.8, 1];

    /// <summary>Schedules that decay to zero.</summary>
    public static IReadOnlyList<string> Schedules { get; } = ["cosine", "linear"];

    /// <summary>The settings of one length.</summary>
    /// <param name="full">Full training.</param>
    /// <param name="totalSteps">Its steps.</param>
    /// <param name="schedule">One of <see cref="Schedules"/>; the warm-up is full training's, shortened with it.</param>
    /// <param name="fraction">The part.</param>
    public static RunSettings Of(RunSettings full, int totalSteps, string schedule, double fraction)
    {
        ArgumentNullException.ThrowIfNull(full);
        Spec own = Spec.Parse(full.Schedule);
        double warmUp = own.Real("warmup", 0);
        // From 1 on it is a number of steps.
        if (warmUp >= 1) warmUp = Math.Round(warmUp * fraction);
        string text = own.Name == schedule && fraction == 1 ? full.Schedule : warmUp > 0 ? $"{schedule}:warmup={warmUp.ToString(CultureInfo.InvariantCulture)}" : schedule;
        RunSettings control = full with { Policy = Never, Schedule = text };
        return fraction == 1 ? control : control with { Steps = StepsOf(fraction, totalSteps) };
    }

    /// <summary>What to say of full training that is so short that two of its lengths have as many steps; null: all differ.</summary>
    /// <param name="totalSteps">Its steps.</param>
    public static string? Equal(int totalSteps)
    {
        IGrouping<int, double>[] equal = [.. Fractions.GroupBy(fraction => StepsOf(fraction, totalSteps)).Where(group => group.Count() > 1)];
        if (equal.Length == 0) return null;
        string which = string.Join("; ", equal.Select(group => $"{string.Join(" and ", group.Select(fraction => $"{100 * fraction:F0} %"))} have {group.Key}"));
        return $"Full training has {(totalSteps == 1 ? "one step" : $"{totalSteps} steps")}, which is too short for a control curve of {Fractions.Count} lengths: of them {which}, and are the same runs.";
    }

    private static int StepsOf(double fraction, int totalSteps) => Math.Max(1, (int)Math.Round(fraction * totalSteps));

    /// <summary>The policy of full training.</summary>
    public const string Never = "never";
}
