using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Decisions as JSON Lines; <c>docs/decision-log.md</c> has the schema. The first line says how the run decides, each other line is a change (<see cref="DecisionEntry"/>) or, with the key <c>rates</c>, rates that moved
/// on, or, with the key <c>check</c>, what the rule was shown at a check. Numbers that are not finite are left out; in a list they are null. Each line is written at once, so a run that is killed keeps its decisions. <see cref="DecisionRecord.Read"/> reads it.
/// </summary>
public sealed class DecisionLog : IDecisionLog, IDisposable
{
    /// <summary>The version of the schema that is written.</summary>
    public const int Schema = 3;

    private const string Length = "length";
    private const string ShownText = "shown";
    private readonly AppendedFile file;
    private readonly bool goesOn;
    private string criterionName = "";
    private (int Step, LogView[] Views)? shown;

    /// <summary>Starts a log; an older file is replaced.</summary>
    public DecisionLog(string path)
    {
        File.Delete(path);
        file = new AppendedFile(path);
    }

    /// <summary>Goes on with a log where its state was saved: what was written since is cut off by <see cref="CutBack"/>, or with the first line.</summary>
    /// <param name="path">The file.</param>
    /// <param name="state">What <see cref="SaveState"/> wrote.</param>
    /// <exception cref="FormatException">The state is none of a decision log.</exception>
    /// <exception cref="IOException">The file is shorter than it was, or cannot be written.</exception>
    public DecisionLog(string path, StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        long length = LengthIn(state);
        if (state.Contains(ShownText))
        {
            LogCheck check = JsonRecord.Parse(System.Text.Encoding.UTF8.GetBytes(state.Text(ShownText)), LogLines.Default.LogCheck);
            shown = (check.Step, [.. check.Check]);
        }
        file = new AppendedFile(path, length);
        goesOn = true;
    }

    /// <summary>The bytes that the file had when its state was saved: it must have as many still.</summary>
    public static long LengthIn(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Integer(Length, 0);
    }

    /// <summary>Is told once, in one line, if the file cannot be written; its lines are then kept and tried again.</summary>
    public Action<string>? Warn { get => file.Warn; set => file.Warn = value; }

    /// <summary>Cuts off what was written after the state that the log goes on from: once it is certain that it does.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void CutBack() => file.CutBack();

    /// <summary>Waits until all is on the disk, and writes where the log is.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set(Length, file.Commit());
        if (shown is { } last) state.Set(ShownText, JsonSerializer.Serialize(LogCheck.Of(last.Step, last.Views, null), LogLines.Default.LogCheck));
    }

    /// <inheritdoc/>
    public void Begin(string criterion, string rule, FreezeOptions options, IReadOnlyList<FreezeUnit> units)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(units);
        criterionName = criterion;
        // Where the log goes on, its head is there.
        if (goesOn) return;
        shown = null;
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

    private void Line<T>(T line, JsonTypeInfo<T> type) => file.Append([.. JsonSerializer.SerializeToUtf8Bytes(line, type), (byte)'\n']);
}
