using System.Globalization;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Plots;

/// <summary>Below which score a run's rule takes a unit for finished. The log has it in words only, and not where nothing was frozen: it is asked of the rule that the settings name.</summary>
internal static class ScoreThreshold
{
    private const string Key = "threshold=";

    /// <summary>The threshold; null: the rule has none, its name is not known here, or the log is of another rule.</summary>
    public static double? Of(RunSettings? settings, DecisionRecord? decisions, RunCatalogues catalogues)
    {
        if (settings is null || decisions is null || settings.Replay is not null) return null;
        IFreezeRule rule;
        try
        {
            rule = Policies.Of(settings, catalogues).Rule;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or IOException or UnauthorizedAccessException)
        {
            // A name from a program of one's own, or a plan from another run, which has been moved since: the picture is drawn without the line.
            return null;
        }
        if (rule.Name != decisions.Rule) return null;
        string? setting = rule.Settings.Split(',', '+').FirstOrDefault(part => part.StartsWith(Key, StringComparison.Ordinal));
        return double.TryParse(setting?[Key.Length..], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;
    }
}
