using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>A run's decisions as a PyTorch program: <c>schedule.apply(model, step)</c> freezes and thaws there what was frozen and thawed here, at the same steps.</summary>
public static class TorchSchedule
{
    private const string OfTheModelItself = "(own)";

    /// <summary>The program's text. It needs PyTorch alone.</summary>
    /// <param name="record">The run's decisions.</param>
    /// <exception cref="ArgumentException">A decision has no counterpart there: a rollback, a cut, an update mask; the message has the log's line.</exception>
    public static string Of(DecisionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        (int Step, string Line)[] events = [.. Events(record).OrderBy(made => made.Step)];
        var text = new StringBuilder();
        // The log's words are quoted as JSON does it, which Python reads alike.
        text.Append(CultureInfo.InvariantCulture, $"\"\"\"When which unit was frozen in a run of ResearchFreeze, for PyTorch: criterion {Words(record.Criterion)}, rule {Words(record.Rule)}, units by {Words(record.Division)}.\n");
        text.Append(TorchScheduleText.Head);
        text.Append("UNITS = {\n");
        foreach (string unit in record.Units) text.Append(CultureInfo.InvariantCulture, $"    {Quoted(unit)}: [{string.Join(", ", NamesOf(unit, record.Division).Select(Quoted))}],\n");
        text.Append("}\n\n").Append(TorchScheduleText.Events).Append("EVENTS = [\n");
        foreach ((_, string line) in events) text.Append(CultureInfo.InvariantCulture, $"    ({line}),\n");
        text.Append("]\n\n");
        text.Append(CultureInfo.InvariantCulture, $"# The step after which the run's rule ended it.\nSTOP = {record.Entries.FirstOrDefault(entry => entry.Action == FreezeAction.Stop)?.Step.ToString(CultureInfo.InvariantCulture) ?? "None"}\n");
        return text.Append(TorchScheduleText.Code).ToString();
    }

    /// <summary>What of a record the program does not repeat, a line each: what the user had frozen, or froze by hand.</summary>
    public static IReadOnlyList<string> NotRepeated(DecisionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return [.. record.Pinned.Select(pinned => $"set by hand before the run, not in the schedule: {pinned}"),
            .. record.Entries.Where(entry => entry.Action is FreezeAction.Pin or FreezeAction.Unpin).Select(entry => $"by hand at step {entry.Step}, not in the schedule: {entry.Action.ToString().ToLowerInvariant()} {entry.Path}")];
    }

    private static IEnumerable<(int Step, string Line)> Events(DecisionRecord record)
    {
        foreach ((int i, DecisionEntry entry) in record.Entries.Index())
        {
            // What was refused did not happen; what was done by hand is said beside.
            if (entry.Action is FreezeAction.Refuse or FreezeAction.Stop or FreezeAction.Pin or FreezeAction.Unpin) continue;
            if (entry.Action == FreezeAction.Rollback) throw record.Wrong(i, $"a PyTorch schedule cannot go back to the weights of step {entry.RestoredStep}; expected freezes, thaws and rates");
            if (entry.CutRate is > 0) throw record.Wrong(i, $"a PyTorch schedule cannot cut the branches of '{entry.Path}'; expected freezes, thaws and rates");
            if (entry.UpdateMasks?.Any(mask => mask is not null) == true) throw record.Wrong(i, $"a PyTorch schedule has no update masks, '{entry.Path}' has one; expected freezes, thaws and rates");
            string at = $"{entry.Step.ToString(CultureInfo.InvariantCulture)}, {Quoted(entry.Path)}";
            if (entry.Action is FreezeAction.Freeze or FreezeAction.Thaw) yield return (entry.Step, $"{at}, \"{(entry.Action == FreezeAction.Freeze ? "freeze" : "thaw")}\"");
            if (entry.StateAction == OnFreeze.Drop) yield return (entry.Step, $"{at}, \"drop\"");
            if (entry.RateScale is { } scale) yield return (entry.Step, $"{at}, \"rate\", {Number(scale)}");
        }
        foreach (RecordedRates moved in record.Rates)
        {
            foreach (UnitRate rate in moved.Rates) yield return (moved.Step, $"{moved.Step.ToString(CultureInfo.InvariantCulture)}, {Quoted(record.Units[rate.Unit])}, \"rate\", {Number(rate.Scale)}");
        }
    }

    /// <summary>PyTorch's names of a unit, as far as its path says them: a name of a predicate's is none, nor is one that was shortened, nor the model itself.</summary>
    private static IEnumerable<string> NamesOf(string unit, string division)
    {
        string[] parts = unit.Split('+');
        if (division == "predicate" || parts.Contains("...") || unit == OfTheModelItself) return [];
        return division == "tensor" ? parts.Select(TorchLayout.NameOf) : parts;
    }

    private static string Number(float value) => value.ToString("R", CultureInfo.InvariantCulture).Replace("E", "e", StringComparison.Ordinal);

    private static string Quoted(string text) => $"\"{Words(text)}\"";

    /// <summary>As JSON has it, which Python reads alike; characters outside ASCII stay.</summary>
    private static string Words(string text) => JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
}
