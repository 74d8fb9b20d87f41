using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Decisions as JSON Lines; <c>docs/decision-log.md</c> has the schema. The first line says how the run decides, each other line is a change (<see cref="DecisionEntry"/>) or, with the key <c>rates</c>, rates that moved
/// on, or, with the key <c>check</c>, what the rule was shown at a check. Numbers that are not finite are left out; in a list they are null. Each line is flushed, so a run that is killed keeps its decisions. <see cref="DecisionRecord.Read"/> reads it.
/// </summary>
public sealed class DecisionLog : IDecisionLog, IDisposable
{
    /// <summary>The version of the schema that is written.</summary>
    public const int Schema = 3;

    private readonly FileStream file;
    private string criterionName = "";
    private (int Step, LogView[] Views)? shown;

    /// <summary>Starts a log; an older file is replaced.</summary>
    public DecisionLog(string path)
    {
        file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
    }

    /// <inheritdoc/>
    public void Begin(string criterion, string rule, FreezeOptions options, IReadOnlyList<FreezeUnit> units)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(units);
        (criterionName, shown) = (criterion, null);
        Line(LogHead.Of(criterion, rule, options, units), LogLines.Default.LogHead);
    }

    /// <inheritdoc/>
    public void Write(DecisionEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Line(LogChange.Of(entry), LogLines.Default.LogChange);
    }

    /// <inheritdoc/>
    public void Checked(CheckContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        LogView[] views = [.. context.Units.Select(unit => LogView.Of(unit, criterionName))];
        Line(LogCheck.Of(context.Step, views, shown), LogLines.Default.LogCheck);
        shown = (context.Step, views);
    }

    /// <inheritdoc/>
    public void Rates(int step, IReadOnlyList<UnitRate> rates)
    {
        ArgumentNullException.ThrowIfNull(rates);
        Line(LogRates.Of(step, rates), LogLines.Default.LogRates);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();

    private void Line<T>(T line, JsonTypeInfo<T> type)
    {
        JsonSerializer.Serialize(file, line, type);
        file.WriteByte((byte)'\n');
        file.Flush();
    }
}
